import PlanDigest
import Synchronization

/// Stops uploads at the next slice boundary.
///
/// A class, because all tasks share it.
package final class GracefulStop: Sendable {
    private struct State {
        var isStopped = false
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    /// Cancels hashing in progress as well.
    let hashing = Cancellation()

    package init() {}

    /// Whether it was stopped: no new work may start.
    package var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Stops and wakes all sleepers.
    package func stop() {
        hashing.cancel()
        let sleepers = state.withLock { state in
            state.isStopped = true
            defer { state.sleepers = [:] }
            return state.sleepers.values.map { $0 }
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Sleeps for `duration`, or until it is stopped or the task is cancelled.
    ///
    /// Returns true if the full time has passed.
    package func sleep(for duration: Duration) async -> Bool {
        guard !isStopped else { return false }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    try await Task.sleep(for: duration)
                    return true
                } catch {
                    return false
                }
            }
            group.addTask {
                await self.stopped()
                return false
            }
            let slept = await group.next() ?? false
            group.cancelAll()
            return slept
        }
    }

    /// Returns when it is stopped or the task is cancelled.
    private func stopped() async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isStopped || state.cancelled.remove(number) != nil { return true }
                    state.sleepers[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: number)
                if sleeper == nil { state.cancelled.insert(number) }
                return sleeper
            }
            sleeper?.resume()
        }
        state.withLock { state in
            _ = state.cancelled.remove(number)
        }
    }
}
