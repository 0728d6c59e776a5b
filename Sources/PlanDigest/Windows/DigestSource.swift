import Glibc
import PlanCore
import PlanFiles

/// A source of bytes to hash: a file, mapped window by window, or memory.
@safe enum DigestSource: @unchecked Sendable {
    // Safety: the memory is only read, and the creator of the source keeps it alive until the work is done.
    case file(OpenFile)
    case memory(UnsafeRawBufferPointer)
    /// Memory that holds only the bytes of a file from `offset` on.
    case part(UnsafeRawBufferPointer, offset: Int64)

    /// **Unit**: bytes.
    var size: Int64 {
        switch self {
        case .file(let file): file.identity.size
        case .memory(let bytes): Int64(bytes.count)
        case .part(let bytes, let offset): offset + Int64(bytes.count)
        }
    }

    /// Checks that a file has not changed since it was opened.
    ///
    /// - Throws: ``DigestError/file(_:)`` if it has.
    func checkUnchanged() throws(DigestError) {
        guard case .file(let file) = self else { return }
        do throws(FileError) { try file.checkUnchanged() } catch { throw .file(error) }
    }

    /// Fills `buffer` with the bytes of `range`, which has the buffer's length.
    func read(_ range: ByteRange, into buffer: UnsafeMutableRawBufferPointer) throws(DigestError) {
        switch self {
        case .file(let file):
            do throws(FileError) { unsafe try file.read(range, into: buffer) } catch { throw .file(error) }
        case .memory, .part:
            unsafe buffer.copyMemory(from: try window(range).bytes)
        }
    }

    /// The bytes of `range`; at most `copyLimit` from its start if a file cannot be mapped.
    func window(_ range: ByteRange, copyLimit: Int64 = .max) throws(DigestError) -> SourceWindow {
        switch self {
        case .file(let file):
            do throws(FileError) {
                return .mapped(try FileWindow(file, range: range, copyLimit: copyLimit), file)
            } catch {
                throw .file(error)
            }
        case .memory(let bytes):
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[Int(range.offset)..<Int(range.end)])
            return unsafe .memory(piece, range)
        case .part(let bytes, let offset):
            let place = Int(range.offset - offset)
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[place..<(place + Int(range.length))])
            return unsafe .memory(piece, range)
        }
    }
}

/// A range of a source, readable until it is closed.
@safe enum SourceWindow {
    case mapped(FileWindow, OpenFile)
    case memory(UnsafeRawBufferPointer, ByteRange)

    var range: ByteRange {
        switch self {
        case .mapped(let window, _): window.range
        case .memory(_, let range): range
        }
    }

    var bytes: UnsafeRawBufferPointer {
        switch self {
        case .mapped(let window, _): unsafe window.bytes
        case .memory(let bytes, _): unsafe bytes
        }
    }

    /// Closes the window.
    ///
    /// - Throws: if bytes that were read are not the file's.
    func close() throws(DigestError) {
        if case .mapped(let window, _) = self { window.close() }
        try checkComplete()
    }

    /// Checks that no page was missing.
    ///
    /// - Throws: if bytes that were read are not the file's, because a page was missing.
    func checkComplete() throws(DigestError) {
        guard case .mapped(let window, let file) = self, window.faulted else { return }
        do throws(FileError) {
            try file.checkUnchanged()
            // A page was missing although the size is unchanged: the storage could not read it.
            throw .readFailed(path: file.path, offset: window.range.offset, code: EIO)
        } catch {
            throw .file(error)
        }
    }
}
