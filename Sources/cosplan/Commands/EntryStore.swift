import PlanCore
import PlanFiles

/// Stores finished manifest entries in any order and writes them in file order.
///
/// Memory is bounded whatever the manifest's size: beyond a limit entries go to an unnamed temporary file.
struct EntryStore {
    private enum Location {
        case memory([UInt8])
        case spool(SpoolFile, ByteRange)

        var length: Int64 {
            switch self {
            case .memory(let bytes): Int64(bytes.count)
            case .spool(_, let range): range.length
            }
        }
    }

    private let bytesInMemory: Int
    private var places: [Location?]
    private var used = 0
    private var spool: SpoolFile?

    /// Creates a store for `count` entries that keeps `bytesInMemory` bytes in memory.
    init(count: Int, bytesInMemory: Int) {
        self.bytesInMemory = bytesInMemory
        places = Array(repeating: nil, count: count)
    }

    /// Stores the entry of file `index`.
    ///
    /// - Throws: `FileError` if the temporary file cannot be written.
    mutating func put(_ entry: [UInt8], at index: Int) throws(FileError) {
        if used + entry.count <= bytesInMemory {
            used += entry.count
            places[index] = .memory(entry)
        } else {
            if spool == nil { spool = SpoolFile(folder: .temporaryFolder) }
            places[index] = try spool.map { (file) throws(FileError) in .spool(file, try file.append(entry)) }
        }
    }

    /// Keeps the entry of file `index` where it is: as `range` of `file`.
    mutating func put(_ range: ByteRange, of file: SpoolFile, at index: Int) {
        places[index] = .spool(file, range)
    }

    /// Where each entry that was put will stand, in the files' order, when `before` bytes stand before the first and
    /// `separator` bytes between two.
    func ranges(before: Int, separator: Int) -> [(index: Int, range: ByteRange)] {
        var position = Int64(before)
        return places.indices.compactMap { index in
            places[index].map { place in
                defer { position += place.length + Int64(separator) }
                return (index, ByteRange(offset: position, length: place.length))
            }
        }
    }

    /// Writes the stored entries in file order.
    func write(to output: any ByteOutput, separator: [UInt8]) throws(FileError) {
        var isFirst = true
        for case .some(let place) in places {
            if !isFirst { try output.write(separator) }
            isFirst = false
            switch place {
            case .memory(let bytes): try output.write(bytes)
            case .spool(let file, let range): try file.copy(range, to: output)
            }
        }
    }
}
