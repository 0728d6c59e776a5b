import Glibc
import PlanCore

/// The lines of a log at one moment, read without changing the file.
package struct LogLines {
    /// The maximum length of a line.
    ///
    /// **Unit**: bytes.
    package static let lineLimit = 1 << 20

    /// The total length of the complete lines.
    ///
    /// **Unit**: bytes.
    package let length: Int64
    /// The length of an unfinished last line; 0 if there is none.
    ///
    /// **Unit**: bytes.
    package let tornLength: Int64
    private let descriptor: Descriptor
    private let path: ByteString

    init(_ descriptor: Descriptor, path: ByteString, length: Int64, tornLength: Int64) {
        self.descriptor = descriptor
        self.path = path
        self.length = length
        self.tornLength = tornLength
    }

    /// Reads the lines of the file at `path`, relative to the current folder.
    ///
    /// Another process may be writing to it.
    ///
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/linkNotFollowed(path:)``,
    ///   ``FileError/notRegular(path:kind:)``, ``FileError/unreadable(path:code:)``.
    package init(path: ByteString) throws(FileError) {
        let status: stat
        (descriptor, status) = try Descriptor.openRegular(path)
        do throws(SystemError) {
            length = try Self.wholeLength(descriptor, length: Int64(status.st_size))
        } catch {
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
        tornLength = Int64(status.st_size) - length
        self.path = path
    }

    /// Calls `body` with each complete line, without its LF, in order.
    ///
    /// - Throws: ``FileError/lineTooLong(path:line:limit:)``, ``FileError/readFailed(path:offset:code:)``, and what
    ///   `body` throws.
    package func forEach(_ body: ([UInt8]) throws -> Void) throws {
        var line: [UInt8] = []
        var number = 1
        var offset: Int64 = 0
        while offset < length {
            let range = ByteRange(offset: offset, length: min(65_536, length - offset))
            let chunk = try descriptor.allBytes(range, of: path)
            offset += Int64(chunk.count)
            let pieces = chunk.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 {
                    try body(line)
                    line.removeAll(keepingCapacity: true)
                    number += 1
                }
                guard line.count + piece.count < Self.lineLimit else {
                    throw FileError.lineTooLong(path: path, line: number, limit: Self.lineLimit)
                }
                line += piece
            }
        }
    }

    /// The first bytes of the unfinished last line, at most `count`.
    package func tornBytes(upTo count: Int) throws(FileError) -> [UInt8] {
        try descriptor.allBytes(
            ByteRange(offset: length, length: min(tornLength, Int64(count))), of: path)
    }

    /// The total length of the complete lines.
    static func wholeLength(_ descriptor: Descriptor, length: Int64) throws(SystemError) -> Int64 {
        var end = length
        while end > 0 {
            let start = max(0, end - 65_536)
            let chunk = try descriptor.bytes(ByteRange(offset: start, length: end - start))
            if let last = chunk.lastIndex(of: UInt8(ascii: "\n")) { return start + Int64(last) + 1 }
            end = start
        }
        return 0
    }
}
