/// The bytes of one request's body, made once and then only read. A class, because memory is one thing.
///
/// The memory goes back to its pool, or is freed, when nobody reads it any more: a transport that was told to
/// stop may still hold it for a moment.
@safe package final class RequestBody: @unchecked Sendable {
    // Safety: only `init` writes to the memory, before anybody else can see it.
    private let memory: UnsafeMutableRawBufferPointer
    private let pool: BufferPool?
    /// How long the body is. **Unit**: bytes.
    package let count: Int

    /// A body of these bytes.
    package init(_ bytes: [UInt8]) {
        unsafe memory = BufferPool.allocate(byteCount: bytes.count)
        unsafe memory.copyBytes(from: bytes)
        pool = nil
        count = bytes.count
    }

    /// A body of `opening`, `contentLength` bytes that `fill` writes, and `closing`, in memory from `pool`.
    package init<Failure: Error>(
        opening: [UInt8], contentLength: Int, closing: [UInt8], pool: BufferPool,
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        count = opening.count + contentLength + closing.count
        self.pool = pool
        unsafe memory = pool.take(byteCount: count)
        let content = opening.count..<(opening.count + contentLength)
        unsafe memory.copyBytes(from: opening)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[content.upperBound..<count])
            .copyBytes(from: closing)
        unsafe try fill(UnsafeMutableRawBufferPointer(rebasing: memory[content]))
    }

    deinit {
        if let pool {
            unsafe pool.giveBack(memory)
        } else {
            unsafe BufferPool.release(memory)
        }
    }

    /// Lends the body's bytes.
    package func withBytes<Result>(_ read: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        unsafe try read(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }
}
