import ByteDigests
import PlanDigest
import XMLProtocol

/// The bytes of one request body, immutable once created.
///
/// A class, because it owns memory.
///
/// The memory returns to its pool, or is freed, with the last reference: a cancelled transport may keep one
/// for a moment.
@safe package final class RequestBody: @unchecked Sendable {
    // Safety: only `init` writes to the memory, before the object is shared.
    private let memory: UnsafeMutableRawBufferPointer
    private let pool: BufferPool?
    /// The length of the body.
    ///
    /// **Unit**: bytes.
    package let count: Int
    /// The digests of the content; nil if none were requested.
    package let digests: ContentDigests?

    /// Creates a body of these bytes.
    package init(_ bytes: [UInt8]) {
        unsafe memory = BufferPool.allocate(byteCount: bytes.count)
        unsafe memory.copyBytes(from: bytes)
        pool = nil
        count = bytes.count
        digests = nil
    }

    /// Creates a body of `opening`, `contentLength` bytes written by `fill`, and `closing`, in memory from
    /// `pool`.
    ///
    /// `kinds` are the digests to compute of the content.
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

    /// Calls `read` with the body's bytes.
    package func withBytes<Result>(_ read: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        unsafe try read(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }
}

extension ContentDigests {
    /// The digests of `bytes`.
    ///
    /// **Cost**: one pass per kind.
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
