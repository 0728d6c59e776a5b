import PlanCore
import PlanFiles

/// A thread that brings ranges of mapped windows into memory before they are read.
///
/// The hashing threads tell it what they will read next and never wait for it, except to unmap a window that it is
/// just reading in. A class, because the thread is one thing.
final class Prefetcher: Sendable {
    private struct Request {
        let window: MappedWindow
        let range: ByteRange
    }

    private struct State {
        var waiting: [Request] = []
        var current: MappedWindow?
        var ended = false
    }

    private let state = Monitor(State())

    /// Runs `body` with a prefetcher beside it; without one where the system gives no thread.
    static func with<Result>(_ body: (Prefetcher?) -> Result) -> Result {
        let prefetcher = Prefetcher()
        guard let thread = WorkerThread({ prefetcher.work() }) else { return body(nil) }
        let result = body(prefetcher)
        prefetcher.state.change { $0.ended = true }
        thread.join()
        return result
    }

    /// Asks for `range` of `window`, in place of what was asked of that window before and has not begun.
    ///
    /// ``release(_:)`` must come before the window is closed.
    func request(_ window: MappedWindow, _ range: ByteRange) {
        state.change { state in
            state.waiting.removeAll { $0.window === window }
            state.waiting.append(Request(window: window, range: range))
        }
    }

    /// Forgets what was asked of `window`; it is not touched any more.
    func release(_ window: MappedWindow) {
        state.wait { state -> Void? in
            state.waiting.removeAll { $0.window === window }
            return state.current === window ? nil : ()
        }
    }

    private func work() {
        while true {
            let next: Request? = state.wait { state -> Request?? in
                guard !state.ended else { return .some(nil) }
                guard !state.waiting.isEmpty else { return nil }
                let request = state.waiting.removeFirst()
                state.current = request.window
                return .some(request)
            }
            guard let next else { return }
            next.window.populate(next.range)
            state.change { $0.current = nil }
        }
    }
}
