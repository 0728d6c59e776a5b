import NIOCore
import PlanCore
import Synchronization

/// Decides which fault applies to a request.
///
/// A class, because it counts requests.
final class FaultSchedule: Sendable {
    private let faults: [Fault]
    private let state: Mutex<State>

    private struct State {
        /// Requests seen, per fault.
        var seen: [Int]
        /// Until when a fault throttles, per fault.
        var throttledUntil: [NIODeadline?]
    }

    init(_ faults: [Fault]) {
        self.faults = faults
        state = Mutex(
            State(
                seen: Array(repeating: 0, count: faults.count),
                throttledUntil: Array(repeating: nil, count: faults.count)))
    }

    /// The action for the next request of this operation and key; nil for none.
    ///
    /// Every fault counts the requests of its operation and key, including those that an earlier fault
    /// handled.
    func action(for operation: EmulatedOperation, key: ByteString?) -> FaultAction? {
        guard !faults.isEmpty else { return nil }
        let now = NIODeadline.now()
        return state.withLock { state in
            var action: FaultAction?
            for (index, fault) in faults.enumerated() {
                guard fault.operation == nil || fault.operation == operation,
                    fault.key == nil || fault.key?.bytes == key
                else { continue }
                state.seen[index] += 1
                let seen = state.seen[index]
                let isDue = seen >= fault.nth && fault.times.map { seen - fault.nth < $0 } ?? true
                if isDue, case .throttle(let milliseconds, _, _) = fault.action {
                    let end = now + .milliseconds(milliseconds)
                    state.throttledUntil[index] = max(state.throttledUntil[index] ?? end, end)
                }
                let isThrottling = state.throttledUntil[index].map { now < $0 } ?? false
                if action == nil, isDue || isThrottling { action = fault.action }
            }
            return action
        }
    }
}
