import CFiles
import Glibc
import PlanCore
import Synchronization

/// An unnamed temporary file for what does not fit in memory; deleted with the last reference.
///
/// A class, because the file has identity. Safe to append and read from several threads.
package final class SpoolFile: Sendable {
    private struct State {
        var output: BufferedDescriptor
        var length: Int64 = 0
    }

    private let descriptor: Descriptor
    private let path: ByteString
    private let state: Mutex<State>

    /// The folder for such files unless the caller names another.
    package static let usualFolder: ByteString = "/tmp"

    /// Creates one in `folder`.
    ///
    /// `unnamedFiles: false` creates a named file and removes its name, as if the file system had no unnamed
    /// files.
    package init(folder: ByteString = usualFolder, unnamedFiles: Bool = true) throws(FileError) {
        path = folder
        do throws(SystemError) {
            descriptor = try Self.open(folder.bytes, unnamedFiles: unnamedFiles)
        } catch {
            throw .createFailed(path: folder, code: error.code)
        }
        state = Mutex(State(output: BufferedDescriptor(descriptor, path: folder)))
    }

    private static func open(_ folder: [UInt8], unnamedFiles: Bool) throws(SystemError) -> Descriptor {
        if unnamedFiles {
            let number = unsafe folder.withCPath {
                unsafe cosplan_file_open_unnamed(AT_FDCWD, $0, 0o600, false)
            }
            if number >= 0 { return Descriptor(owning: number) }
        }
        var template = (folder + Array("/.cosplan-XXXXXX".utf8)).map { CChar(bitPattern: $0) } + [0]
        let number = try SystemError.check { unsafe mkstemp(&template) }
        unsafe unlink(template)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return Descriptor(owning: number)
    }

    /// The number of bytes appended.
    ///
    /// **Unit**: bytes.
    package var length: Int64 { state.withLock { $0.length } }

    /// Appends `bytes` and returns their range.
    package func append(_ bytes: [UInt8]) throws(FileError) -> ByteRange {
        try state.withLock { (state) throws(FileError) in
            try state.output.write(bytes)
            let range = ByteRange(offset: state.length, length: Int64(bytes.count))
            state.length = range.end
            return range
        }
    }

    /// The bytes of `range`, which must have been appended before.
    package func bytes(_ range: ByteRange) throws(FileError) -> [UInt8] {
        try state.withLock { (state) throws(FileError) in
            precondition(range.offset >= 0 && range.end <= state.length, "read before it was appended")
            try state.output.flush()
        }
        return try descriptor.allBytes(range, of: path)
    }

    /// Copies the bytes of `range` to `output`, piece by piece.
    package func copy(_ range: ByteRange, to output: any ByteOutput) throws(FileError) {
        let layout = Layout(fileSize: range.length, pieceSize: 262_144)
        for index in 0..<layout.count {
            let piece = layout.range(of: index)
            try output.write(try bytes(ByteRange(offset: range.offset + piece.offset, length: piece.length)))
        }
    }
}
