import PlanCore
import PlanFiles

/// A thread that reads ranges of mapped windows into memory before they are needed.
///
/// The hashing threads tell it what they will read next. They wait for it only to unmap a window that it is
/// reading. A class, because the thread has identity.
final class Prefetcher: Sendable {
    private struct Request {
        let window: FileWindow
        let range: ByteRange
    }

    private struct State {
        var waiting: [Request] = []
        var current: FileWindow?
        var ended = false
    }

    private let state = Monitor(State())

    /// Runs `body` with a prefetcher; with nil if no thread could be started.
    static func with<Result>(_ body: (Prefetcher?) -> Result) -> Result {
        let prefetcher = Prefetcher()
        guard let thread = WorkerThread({ prefetcher.work() }) else { return body(nil) }
        let result = body(prefetcher)
        prefetcher.state.change { $0.ended = true }
        thread.join()
        return result
    }

    /// Requests `range` of `window`.
    ///
    /// Replaces an earlier request for the same window that has not started.
    ///
    /// Call ``release(_:)`` before the window is closed.
    func request(_ window: FileWindow, _ range: ByteRange) {
        state.change { state in
            state.waiting.removeAll { $0.window === window }
            state.waiting.append(Request(window: window, range: range))
        }
    }

    /// Drops the request for `window` and waits until the window is no longer in use.
    func release(_ window: FileWindow) {
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
