import Foundation
import Synchronization

/// Shows a command's progress on standard error until it is stopped.
///
/// A class, because it owns a thread. On a terminal it draws a bar five times a second; in a log it prints a
/// line every ten seconds.
final class ProgressMeter: Sendable {
    /// How progress is shown.
    enum Style: String, CaseIterable, Sendable {
        /// A bar on a terminal, lines elsewhere.
        case auto
        case bar, lines, none
    }

    private struct State {
        var isStopped = false
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts to show `report` in `style`.
    init(style: Style, console: Console, report: @escaping @Sendable () -> ProgressReport) {
        let resolved = style == .auto ? (Terminal.isInteractive ? Style.bar : .lines) : style
        guard resolved != .none else {
            state.withLock { $0.hasEnded = true }
            return
        }
        let thread = Thread { [self] in
            self.run(asBar: resolved == .bar, console: console, report: report)
            ended.signal()
        }
        thread.start()
    }

    /// Stops and removes the bar; returns after the last line was written.
    func stop() {
        let mustWait = state.withLock { state in
            defer { state.hasEnded = true }
            state.isStopped = true
            return !state.hasEnded
        }
        guard mustWait else { return }
        wake.signal()
        ended.wait()
    }

    private func run(asBar: Bool, console: Console, report: @Sendable () -> ProgressReport) {
        var speed = Speedometer()
        _ = speed.bytesPerSecond(at: .now, done: report().doneBytes)
        if asBar { Suspension.take() }
        let isASCII = !Terminal.isUnicode()
        let interval: DispatchTimeInterval = asBar ? .milliseconds(200) : .seconds(10)
        while wake.wait(timeout: .now() + interval) == .timedOut {
            let now = report()
            let rate = speed.bytesPerSecond(at: .now, done: now.doneBytes)
            if asBar {
                let terminal = Terminal.current
                let layout = ProgressLayout(
                    width: terminal.columns - 1, height: min(6, terminal.lines - 1), isASCII: isASCII)
                console.redraw(bar: layout.lines(for: now, bytesPerSecond: rate))
            } else {
                console.plain(ProgressLayout(width: 200).logLine(for: now, bytesPerSecond: rate))
            }
        }
        if asBar { console.redraw(bar: []) }
    }
}

/// Computes a rate over the last few seconds.
struct Speedometer {
    private var samples: [(time: ContinuousClock.Instant, done: Int64)] = []

    /// Adds a sample and returns the rate since the oldest one kept, at most ten seconds ago.
    mutating func bytesPerSecond(at time: ContinuousClock.Instant, done: Int64) -> Double {
        samples.append((time, done))
        while samples.count > 2, samples[0].time.duration(to: time) > .seconds(10) { samples.removeFirst() }
        let elapsed = samples[0].time.duration(to: time) / .seconds(1)
        guard elapsed > 0 else { return 0 }
        return Double(done - samples[0].done) / elapsed
    }
}
