import PlanDigest
import Synchronization

/// Tells an upload to stop at the next slice boundary. A class, because everyone looks at the same one.
package final class GracefulStop: Sendable {
    private struct State {
        var isStopped = false
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    /// Stops what hashes, too.
    let hashing = Cancellation()

    package init() {}

    /// Whether nothing new should begin.
    package var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Stops, and wakes whoever sleeps.
    package func stop() {
        hashing.cancel()
        let sleepers = state.withLock { state in
            state.isStopped = true
            defer { state.sleepers = [:] }
            return state.sleepers.values.map { $0 }
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Sleeps for `duration`, or until it stops or the task is cancelled; true if the time has passed.
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

    /// Returns when it stops or the task is cancelled.
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
