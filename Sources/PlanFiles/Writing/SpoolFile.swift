import CFiles
import Glibc
import PlanCore
import Synchronization

/// Bytes that are kept: the first mebibyte in memory, and once there are more all of them in an unnamed temporary file,
/// which is deleted with the last reference.
///
/// A class, because the file has identity. Safe to append and read from several threads.
package final class SpoolFile: Sendable {
    private enum Medium {
        case memory([UInt8])
        case file(Descriptor, BufferedDescriptor)
    }

    private struct State {
        var medium = Medium.memory([])
        var length: Int64 = 0

        /// The range of `count` more bytes.
        mutating func extend(by count: Int) -> ByteRange {
            defer { length += Int64(count) }
            return ByteRange(offset: length, length: Int64(count))
        }
    }

    /// What is kept in memory at most.
    ///
    /// **Unit**: bytes.
    private static let memoryLimit = 1 << 20

    private let folder: ByteString
    /// The file in words, for errors.
    private let path: ByteString
    private let unnamedFiles: Bool
    private let state = Mutex(State())

    /// The folder for such files unless the caller names another.
    package static let usualFolder: ByteString = "/tmp"

    /// Creates one whose file will be in `folder`.
    ///
    /// `unnamedFiles: false` creates a named file and removes its name, as if the file system had no unnamed
    /// files.
    package init(folder: ByteString = usualFolder, unnamedFiles: Bool = true) {
        self.folder = folder
        path = ByteString(displaying: Array("a temporary file in ".utf8) + folder.bytes)
        self.unnamedFiles = unnamedFiles
    }

    /// The file, with what was in memory.
    private func file(holding bytes: [UInt8]) throws(FileError) -> Medium {
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try Self.open(folder.bytes, unnamedFiles: unnamedFiles)
        } catch {
            throw .createFailed(path: path, code: error.code)
        }
        var output = BufferedDescriptor(descriptor, path: path)
        try output.write(bytes)
        return .file(descriptor, output)
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
            if case .memory(var kept) = state.medium {
                guard kept.count + bytes.count > Self.memoryLimit else {
                    state.medium = .memory([])
                    kept += bytes
                    state.medium = .memory(kept)
                    return state.extend(by: bytes.count)
                }
                state.medium = try file(holding: kept)
            }
            if case .file(let descriptor, var output) = state.medium {
                try output.write(bytes)
                state.medium = .file(descriptor, output)
            }
            return state.extend(by: bytes.count)
        }
    }

    /// The bytes of `range`, which must have been appended before.
    package func bytes(_ range: ByteRange) throws(FileError) -> [UInt8] {
        let medium = try state.withLock { (state) throws(FileError) in
            precondition(range.offset >= 0 && range.end <= state.length, "read before it was appended")
            if case .file(let descriptor, var output) = state.medium {
                try output.flush()
                state.medium = .file(descriptor, output)
            }
            return state.medium
        }
        switch medium {
        case .memory(let kept): return Array(kept[Int(range.offset)..<Int(range.end)])
        case .file(let descriptor, _): return try descriptor.allBytes(range, of: path)
        }
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
