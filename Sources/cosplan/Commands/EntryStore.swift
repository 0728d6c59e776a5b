import PlanCore
import PlanFiles

/// Stores finished manifest entries in any order and writes them in file order.
///
/// Memory is bounded whatever the manifest's size: beyond a limit entries go to an unnamed temporary file.
struct EntryStore {
    private enum Place {
        case memory([UInt8])
        case spool(ByteRange)
    }

    private let bytesInMemory: Int
    private var places: [Place?]
    private var used = 0
    private var spool: SpoolFile?

    /// Creates a store for `count` entries that keeps `bytesInMemory` bytes in memory.
    init(count: Int, bytesInMemory: Int) {
        self.bytesInMemory = bytesInMemory
        places = Array(repeating: nil, count: count)
    }

    /// Stores the entry of file `index`.
    ///
    /// - Throws: ``FileError`` if the temporary file cannot be written.
    mutating func put(_ entry: [UInt8], at index: Int) throws(FileError) {
        if used + entry.count <= bytesInMemory {
            used += entry.count
            places[index] = .memory(entry)
        } else {
            if spool == nil { spool = try SpoolFile() }
            places[index] = try spool.map { (spool) throws(FileError) in .spool(try spool.append(entry)) }
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
            case .spool(let range): try spool?.copy(range, to: output)
            }
        }
    }
}
