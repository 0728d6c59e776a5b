import PlanCore

/// Parses the list of file names given to `--files-from`.
package enum FileList {
    /// What ends a name.
    package enum Separator: Hashable, Sendable {
        /// A line end, LF or CRLF.
        ///
        /// CR belongs to the line end only if every line has one; otherwise it belongs to the name. A byte
        /// order mark at the start of the list is not part of the first name.
        case line
        /// A NUL, as `find -print0` writes; allows any file name.
        case nul
    }

    /// The names in `source`, in order, as bytes.
    ///
    /// Empty names are left out.
    ///
    /// - Throws: ``FileListError``, and what `source` throws.
    package static func names(in source: any ByteSource, separator: Separator) throws -> [[UInt8]] {
        var list = Names(separator: separator)
        while true {
            let chunk = try source.read(upTo: 65_536)
            guard !chunk.isEmpty else { return try list.finish() }
            try list.take(chunk)
        }
    }

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Splits a list into names, chunk by chunk.
    private struct Names {
        let separator: Separator
        private var names: [[UInt8]] = []
        private var name: [UInt8] = []
        /// The number of the current name, from 1; empty names count.
        private var number = 1
        /// How many names end in CR, and how many non-empty lines end in LF without CR.
        private var withCR = 0
        private var endedByLFAlone = 0

        private static let nameLimit = 2 * FileWalk.pathLimit

        init(separator: Separator) { self.separator = separator }

        mutating func take(_ chunk: [UInt8]) throws(FileListError) {
            let end: UInt8 = separator == .line ? UInt8(ascii: "\n") : 0
            let pieces = chunk.split(separator: end, omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 { try endName(isTerminated: true) }
                if separator == .line, piece.contains(0) {
                    throw isUTF16(piece) ? .isUTF16 : .holdsNUL(line: number)
                }
                guard name.count + piece.count <= Self.nameLimit else {
                    throw .nameTooLong(number: number, limit: Self.nameLimit, separator: separator)
                }
                name += piece
            }
        }

        mutating func finish() throws(FileListError) -> [[UInt8]] {
            try endName(isTerminated: false)
            guard separator == .line, withCR > 0, endedByLFAlone == 0 else { return names }
            return names.compactMap { name in
                guard name.last == carriageReturn else { return name }
                return name.count > 1 ? Array(name.dropLast()) : nil
            }
        }

        private mutating func endName(isTerminated: Bool) throws(FileListError) {
            if separator == .line, number == 1, name.starts(with: byteOrderMark) {
                name.removeFirst(byteOrderMark.count)
            }
            number += 1
            guard !name.isEmpty else { return }
            if name.last == carriageReturn {
                withCR += 1
            } else if isTerminated {
                endedByLFAlone += 1
            }
            guard names.count < FileWalk.fileLimit else { throw .tooManyNames(limit: FileWalk.fileLimit) }
            names.append(name)
            name.removeAll(keepingCapacity: true)
        }

        /// Whether the list begins with a UTF-16 byte order mark.
        ///
        /// `piece` continues the part of the first name read so far.
        private func isUTF16(_ piece: ArraySlice<UInt8>) -> Bool {
            let start = (name + piece).prefix(2)
            return number == 1 && (start.elementsEqual([0xff, 0xfe]) || start.elementsEqual([0xfe, 0xff]))
        }
    }
}

/// Why a list of file names is invalid.
package enum FileListError: Error, Hashable, Sendable {
    /// A NUL in a list that is separated by line ends.
    ///
    /// `line` counts from 1.
    case holdsNUL(line: Int)
    /// The list starts with a UTF-16 byte order mark.
    case isUTF16
    /// A name longer than any path.
    ///
    /// `number` counts lines or NUL-terminated names, from 1. **Unit**: bytes.
    case nameTooLong(number: Int, limit: Int, separator: FileList.Separator)
    /// More names than the number of files one manifest may hold.
    case tooManyNames(limit: Int)
}

extension FileListError: CustomStringConvertible {
    /// What was found and what to do.
    ///
    /// The caller adds the name of the list in front.
    package var description: String {
        switch self {
        case .holdsNUL(let line): "line \(line) holds a NUL; add -0 if paths end in NUL"
        case .isUTF16: "is UTF-16; save it as UTF-8"
        case .nameTooLong(let number, let limit, .line):
            "line \(number) is longer than \(limit) bytes; is it the right file? Add -0 if paths end in NUL"
        case .nameTooLong(let number, let limit, .nul):
            "path \(number) is longer than \(limit) bytes; is it the right file? Leave out -0 if paths end in "
                + "line ends"
        case .tooManyNames(let limit):
            "more than the \(limit) files a manifest holds; plan them in several manifests"
        }
    }
}
