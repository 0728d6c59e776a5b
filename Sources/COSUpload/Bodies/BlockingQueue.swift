import Dispatch

/// Runs blocking work, such as opening files, on threads outside the cooperative pool.
struct BlockingQueue: Sendable {
    private let queue = DispatchQueue(label: "cosplan.upload.open", attributes: .concurrent)

    /// Runs `work` on one of these threads.
    func run<Value: Sendable, Failure: Error>(
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
