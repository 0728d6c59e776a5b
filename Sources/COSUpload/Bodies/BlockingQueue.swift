import Dispatch

/// Runs blocking work, such as opening and hashing files, on threads outside the cooperative pool.
package struct BlockingQueue: Sendable {
    private let queue = DispatchQueue(label: "cosplan.blocking", attributes: .concurrent)

    /// A queue whose threads come and go with the work.
    package init() {}

    /// Runs `work` on one of these threads.
    package func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
