import Foundation
import Synchronization

/// Shows a command's progress on standard error until it is stopped.
///
/// A class, because it owns a thread. On a terminal it draws a bar five times a second; in a log it prints a
/// line every ten seconds; for a program, an event a second.
final class ProgressMeter: Sendable {
    /// How progress is shown.
    enum Style: String, CaseIterable, Sendable {
        /// A bar on a terminal, lines elsewhere.
        case auto
        case bar, lines
        /// A JSON object a line, in which everything else on standard error is written, too.
        case json
        case none
    }

    private struct State {
        var isStopped = false
        var hasEnded = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts to show `report` in `style`.
    ///
    /// Where the system allows no thread, nothing is shown.
    init(style: Style, console: Console, report: @escaping @Sendable () -> ProgressReport) {
        let resolved = style == .auto ? (Terminal.isInteractive ? Style.bar : .lines) : style
        let isShown =
            resolved != .none
            && BackgroundThread.start { [self] in
                self.run(as: resolved, console: console, report: report)
                ended.signal()
            }
        if !isShown { state.withLock { $0.hasEnded = true } }
    }

    /// Stops and removes the bar.
    ///
    /// Returns after the last line was written, or soon if nobody reads standard error.
    func stop() {
        let mustWait = state.withLock { state in
            defer { state.hasEnded = true }
            state.isStopped = true
            return !state.hasEnded
        }
        guard mustWait else { return }
        wake.signal()
        BlockedWrite.wait(for: ended, to: STDERR_FILENO)
    }

    private func run(as style: Style, console: Console, report: @Sendable () -> ProgressReport) {
        var speed = Speedometer()
        _ = speed.bytesPerSecond(at: .now, done: report().doneBytes)
        if style == .bar { Suspension.take() }
        let isASCII = !Terminal.isUnicode()
        while wake.wait(timeout: .now() + Self.pause(style)) == .timedOut {
            let now = report()
            let rate = speed.bytesPerSecond(at: .now, done: now.doneBytes)
            switch style {
            case .bar:
                let terminal = Terminal.current
                let layout = ProgressLayout(
                    width: terminal.columns - 1, height: min(6, terminal.lines - 1), isASCII: isASCII)
                console.redraw(bar: layout.lines(for: now, bytesPerSecond: rate))
            case .json: console.progress(now, bytesPerSecond: rate)
            case .auto, .lines, .none:
                Self.lastLine.withLock { $0 = .now }
                console.plain(ProgressLayout(width: 200).logLine(for: now, bytesPerSecond: rate))
            }
        }
        if style == .bar { console.redraw(bar: []) }
    }

    /// When a line was last written, else when the command began: it may have several meters, one after the other.
    private static let lastLine = Mutex(Console.start)

    /// The longest time that a log goes without a line.
    private static let lineInterval = Duration.seconds(10)

    /// How long to wait before progress is shown again.
    private static func pause(_ style: Style) -> DispatchTimeInterval {
        switch style {
        case .bar: return .milliseconds(200)
        case .json: return .seconds(1)
        case .auto, .lines, .none:
            let rest = lineInterval - (.now - lastLine.withLock { $0 })
            return .milliseconds(Int(max(0, rest / .milliseconds(1))))
        }
    }
}

/// A thread that may not be had.
enum BackgroundThread {
    /// A class, so that it can go to the thread as a pointer.
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a thread of its own; false where the system allows none.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
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
