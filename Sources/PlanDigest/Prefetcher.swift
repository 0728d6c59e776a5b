import PlanFiles

/// A thread that brings mapped windows into memory before they are read.
///
/// The hashing threads hand it their next windows and never wait for it, except to unmap a window that it is just
/// reading in. A class, because the thread is one thing.
final class Prefetcher: Sendable {
    private struct State {
        var waiting: [MappedWindow] = []
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

    /// Asks for `window`, which must be taken back with ``release(_:)`` before it is closed.
    func request(_ window: MappedWindow) {
        state.change { $0.waiting.append(window) }
    }

    /// Takes `window` back: it is not touched any more. Returns whether it has been brought in.
    @discardableResult
    func release(_ window: MappedWindow) -> Bool {
        state.wait { state in
            guard state.current !== window else { return nil }
            let count = state.waiting.count
            state.waiting.removeAll { $0 === window }
            return state.waiting.count == count
        }
    }

    private func work() {
        while true {
            let next: MappedWindow? = state.wait { state -> MappedWindow?? in
                guard !state.ended else { return .some(nil) }
                guard !state.waiting.isEmpty else { return nil }
                let window = state.waiting.removeFirst()
                state.current = window
                return .some(window)
            }
            guard let next else { return }
            next.populate()
            state.change { $0.current = nil }
        }
    }
}
