import Synchronization

/// How many of something may be under way; whoever wants one more waits in line. A class, because it is
/// shared.
package final class AsyncSemaphore: Sendable {
    private struct State {
        var limit: Int
        var taken = 0
        var line: [CheckedContinuation<Void, Never>] = []
        var head = 0

        /// Who may go on now.
        mutating func admitted() -> [CheckedContinuation<Void, Never>] {
            var admitted: [CheckedContinuation<Void, Never>] = []
            while taken < limit, head < line.count {
                admitted.append(line[head])
                head += 1
                taken += 1
            }
            if head == line.count {
                line.removeAll(keepingCapacity: true)
                head = 0
            }
            return admitted
        }
    }

    private let state: Mutex<State>

    /// As many as `limit`, at least one.
    package init(_ limit: Int) {
        precondition(limit > 0, "nothing would ever go on")
        state = Mutex(State(limit: limit))
    }

    /// How many may be under way now.
    package var limit: Int { state.withLock { $0.limit } }

    /// Changes how many may be under way; those that are beyond it go on to their end.
    package func setLimit(_ limit: Int) {
        let admitted = state.withLock { state in
            state.limit = max(1, limit)
            return state.admitted()
        }
        for continuation in admitted { continuation.resume() }
    }

    /// Waits for a permit, which must be given back. Whoever waits is served in order.
    package func take() async {
        await withCheckedContinuation { continuation in
            let admitted = state.withLock { state in
                state.line.append(continuation)
                return state.admitted()
            }
            for continuation in admitted { continuation.resume() }
        }
    }

    /// Gives a permit back.
    package func giveBack() {
        let admitted = state.withLock { state in
            state.taken -= 1
            return state.admitted()
        }
        for continuation in admitted { continuation.resume() }
    }
}
