import PlanCore

/// A list of file names as `--files-from` takes it.
public enum FileList {
    /// What ends a name.
    public enum Separator: Hashable, Sendable {
        /// A line's end, LF or CRLF: as most programs write.
        case line
        /// A NUL: any name can be written, as `find -print0` does.
        case nul
    }

    /// The names in `source`, in their order, as bytes; empty ones are left out.
    ///
    /// - Throws: ``FileError/tooManyFiles(limit:)``, ``FileError/pathTooLong(path:limit:)`` for a name over twice
    ///   the limit of a manifest's path, and what `source` throws.
    public static func names(in source: any ByteSource, separator: Separator) throws -> [[UInt8]] {
        let end: UInt8 = separator == .line ? UInt8(ascii: "\n") : 0
        let limit = 2 * FileWalk.pathLimit
        var names: [[UInt8]] = []
        var name: [UInt8] = []
        func finish() throws(FileError) {
            if separator == .line, name.last == UInt8(ascii: "\r") { name.removeLast() }
            guard !name.isEmpty else { return }
            guard names.count < FileWalk.fileLimit else { throw .tooManyFiles(limit: FileWalk.fileLimit) }
            names.append(name)
            name.removeAll(keepingCapacity: true)
        }
        while true {
            let chunk = try source.read(upTo: 65_536)
            guard !chunk.isEmpty else { break }
            for (index, piece) in chunk.split(separator: end, omittingEmptySubsequences: false).enumerated() {
                if index > 0 { try finish() }
                guard name.count + piece.count <= limit else {
                    throw FileError.pathTooLong(
                        path: ByteString(displaying: name + piece), limit: FileWalk.pathLimit)
                }
                name += piece
            }
        }
        try finish()
        return names
    }
}
