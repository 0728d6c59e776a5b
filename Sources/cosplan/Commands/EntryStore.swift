import PlanCore
import PlanFiles

/// Finished manifest entries, put in any order, written in the files' order.
///
/// Small in memory, whatever the manifest's size: beyond a limit entries wait in a file without a name.
struct EntryStore {
    private enum Place {
        case memory([UInt8])
        case spool(ByteRange)
    }

    private let bytesInMemory: Int
    private var places: [Place?]
    private var used = 0
    private var spool: SpoolFile?

    /// Room for `count` entries, of which `bytesInMemory` bytes stay in memory.
    init(count: Int, bytesInMemory: Int) {
        self.bytesInMemory = bytesInMemory
        places = Array(repeating: nil, count: count)
    }

    /// Keeps the entry of file `index`.
    ///
    /// - Throws: ``FileError`` where the temporary file cannot be written.
    mutating func put(_ entry: [UInt8], at index: Int) throws(FileError) {
        if used + entry.count <= bytesInMemory {
            used += entry.count
            places[index] = .memory(entry)
        } else {
            if spool == nil { spool = try SpoolFile() }
            places[index] = try spool.map { (spool) throws(FileError) in .spool(try spool.append(entry)) }
        }
    }

    /// Writes the entries that were put, in the files' order.
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
