import Dispatch

/// Threads of their own for opening files, which may wait for storage, so that the cooperative pool stays free.
struct BlockingQueue: Sendable {
    private let queue = DispatchQueue(label: "cosplan.upload.open", attributes: .concurrent)

    /// Runs `work` on one of them.
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
