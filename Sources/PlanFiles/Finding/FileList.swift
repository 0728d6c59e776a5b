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
    /// - Throws: ``FileListError``, and what `source` throws.
    public static func names(in source: any ByteSource, separator: Separator) throws -> [[UInt8]] {
        let end: UInt8 = separator == .line ? UInt8(ascii: "\n") : 0
        let limit = 2 * FileWalk.pathLimit
        var names: [[UInt8]] = []
        var name: [UInt8] = []
        /// Of the name at hand, from 1; empty ones count.
        var number = 1
        func finish() throws(FileListError) {
            number += 1
            if separator == .line, name.last == UInt8(ascii: "\r") { name.removeLast() }
            guard !name.isEmpty else { return }
            guard names.count < FileWalk.fileLimit else { throw .tooManyNames(limit: FileWalk.fileLimit) }
            names.append(name)
            name.removeAll(keepingCapacity: true)
        }
        while true {
            let chunk = try source.read(upTo: 65_536)
            guard !chunk.isEmpty else { break }
            for (index, piece) in chunk.split(separator: end, omittingEmptySubsequences: false).enumerated() {
                if index > 0 { try finish() }
                guard separator == .nul || !piece.contains(0) else {
                    throw FileListError.holdsNUL(line: number)
                }
                guard name.count + piece.count <= limit else {
                    throw FileListError.nameTooLong(number: number, limit: limit, separator: separator)
                }
                name += piece
            }
        }
        try finish()
        return names
    }
}
