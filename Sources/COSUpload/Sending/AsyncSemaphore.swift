import Synchronization

/// A counting semaphore for tasks, served in FIFO order.
///
/// A class, because it is shared.
///
/// The unit is the caller's: requests, slices, bytes.
package final class AsyncSemaphore: Sendable {
    private struct State {
        var limit: Int
        var taken = 0
        var line: [(continuation: CheckedContinuation<Void, Never>, amount: Int)] = []
        var head = 0

        /// The waiters that can proceed now.
        ///
        /// An amount larger than the limit waits until nothing else is taken.
        mutating func admitted() -> [CheckedContinuation<Void, Never>] {
            var admitted: [CheckedContinuation<Void, Never>] = []
            while head < line.count, taken == 0 || taken + line[head].amount <= limit {
                admitted.append(line[head].continuation)
                taken += line[head].amount
                head += 1
            }
            if head == line.count {
                line.removeAll(keepingCapacity: true)
                head = 0
            } else if head > 1024 {
                line.removeSubrange(..<head)
                head = 0
            }
            return admitted
        }
    }

    private let state: Mutex<State>

    /// Creates a semaphore of `limit`, at least one.
    package init(_ limit: Int) {
        precondition(limit > 0, "nothing would ever go on")
        state = Mutex(State(limit: limit))
    }

    /// The current limit.
    package var limit: Int { state.withLock { $0.limit } }

    /// Changes the limit; amounts already taken beyond it stay taken.
    package func setLimit(_ limit: Int) {
        let admitted = state.withLock { state in
            state.limit = max(1, limit)
            return state.admitted()
        }
        for continuation in admitted { continuation.resume() }
    }

    /// Waits for `amount`, which must be given back.
    ///
    /// Waiters are served in order.
    package func take(_ amount: Int = 1) async {
        let isTaken = state.withLock { state in
            guard state.line.isEmpty, state.taken == 0 || state.taken + amount <= state.limit else {
                return false
            }
            state.taken += amount
            return true
        }
        if isTaken { return }
        await withCheckedContinuation { continuation in
            let admitted = state.withLock { state in
                state.line.append((continuation, amount))
                return state.admitted()
            }
            for continuation in admitted { continuation.resume() }
        }
    }

    /// Gives `amount` back.
    package func giveBack(_ amount: Int = 1) {
        let admitted = state.withLock { state in
            state.taken -= amount
            return state.admitted()
        }
        for continuation in admitted { continuation.resume() }
    }
}
