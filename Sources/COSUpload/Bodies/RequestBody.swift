import PlanDigest
import XMLProtocol

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
    /// What was computed of the content; nil where nothing was asked for.
    package let digests: ContentDigests?

    /// A body of these bytes.
    package init(_ bytes: [UInt8]) {
        unsafe memory = BufferPool.allocate(byteCount: bytes.count)
        unsafe memory.copyBytes(from: bytes)
        pool = nil
        count = bytes.count
        digests = nil
    }

    /// A body of `opening`, `contentLength` bytes that `fill` writes, and `closing`, in memory from `pool`.
    ///
    /// - Parameter kinds: what is computed of the content.
    package init<Failure: Error>(
        opening: [UInt8], contentLength: Int, closing: [UInt8], pool: BufferPool,
        digests kinds: Set<ContentDigests.Kind> = [],
        fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        count = opening.count + contentLength + closing.count
        self.pool = pool
        unsafe memory = pool.take(byteCount: count)
        let content = opening.count..<(opening.count + contentLength)
        unsafe memory.copyBytes(from: opening)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[content.upperBound..<count])
            .copyBytes(from: closing)
        let place = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[content])
        do throws(Failure) {
            unsafe try fill(place)
        } catch {
            digests = nil
            throw error
        }
        digests = kinds.isEmpty ? nil : unsafe ContentDigests(of: UnsafeRawBufferPointer(place), kinds)
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

extension ContentDigests {
    /// What `kinds` ask for, of bytes in memory. **Cost**: one pass a kind.
    fileprivate init(of bytes: UnsafeRawBufferPointer, _ kinds: Set<Kind>) {
        self.init(length: Int64(bytes.count))
        for kind in kinds {
            switch kind {
            case .md5: md5 = unsafe MessageDigest.md5(bytes)
            case .sha1: sha1 = unsafe MessageDigest.sha1(bytes)
            case .sha256: sha256 = unsafe MessageDigest.sha256(bytes)
            case .crc64ecma: crc64 = unsafe Self.crc64(bytes, .ecma)
            case .crc64nvme: crc64 = unsafe Self.crc64(bytes, .nvme)
            }
        }
    }

    private static func crc64(_ bytes: UnsafeRawBufferPointer, _ kind: CRC64.Kind) -> UInt64 {
        var crc = CRC64(kind)
        unsafe crc.take(bytes)
        return crc.value
    }
}
