import ByteDigests
import Foundation
import PlanCore
import PlanDigest
import PlanFiles

/// An index beside a plan: what each file was when it was planned, and where in the plan its entry stands.
///
/// **Shape**: records that end in NUL. The first is a ``StampsHeader`` in JSON. Each of the others is a file, in the plan's
/// order: device, inode, size, times of the last write and status change, offset and length of the entry, and the path,
/// with spaces between them. The last is the SHA-256 of all bytes before it.
struct Stamps {
    /// What is known of one file.
    struct File {
        let path: ByteString
        /// What it was when it was planned.
        let identity: FileIdentity
        /// Its entry in the plan.
        let entry: ByteRange
    }

    let header: StampsHeader
    /// Sorted by path.
    let files: [File]

    /// The index in the file at `path`; nil if there is none.
    ///
    /// - Throws: ``CommandFailure`` for what is no such index, or is damaged.
    init?(reading path: String) throws {
        let source: FileByteSource
        do throws(FileError) {
            source = try FileByteSource(path: ByteString(path), spoolFolder: .temporaryFolder)
        } catch {
            if case .noSuchFile = error { return nil }
            throw CommandFailure(error)
        }
        guard let stamps = try withFileFailures({ try Self.read(source) }) else {
            throw CommandFailure(
                .malformed,
                "\(path.escapedForDisplay): is no index that --stamps wrote, or is damaged; name another file, or "
                    + "remove it")
        }
        self = stamps
    }

    private init(header: StampsHeader, files: [File]) {
        self.header = header
        self.files = files
    }

    private static func read(_ source: FileByteSource) throws -> Stamps? {
        var records = StampRecords(source)
        guard let first = try records.next(), let header = StampsHeader(first) else { return nil }
        var files: [File] = []
        while let record = try records.next() {
            guard files.count < header.files else {
                // The seal; nothing follows it.
                guard record.elementsEqual(records.digestBefore.utf8), try records.next() == nil,
                    records.isAtEnd
                else { return nil }
                return Stamps(header: header, files: files)
            }
            guard let file = File(record) else { return nil }
            files.append(file)
        }
        return nil
    }

    /// Writes an index.
    static func write(
        _ header: StampsHeader, _ files: [File], to output: any ByteOutput
    ) throws {
        var digest = DigestStream(.sha256)
        var text = try header.text + [0]
        func flush() throws(FileError) {
            digest.take(text)
            try output.write(text)
            text.removeAll(keepingCapacity: true)
        }
        for file in files {
            file.append(to: &text)
            if text.count >= 1 << 16 { try flush() }
        }
        try flush()
        try output.write(Array(digest.digest.hexText.utf8) + [0])
        try output.finish()
    }
}

/// What an index says of all files.
struct StampsHeader: Codable {
    /// The version of the form.
    private(set) var version = 1
    /// The SHA-256 of the plan.
    let plan: String
    /// What the plan was made with, as far as it shows in the files' entries.
    let settings: [String: String]
    /// When the planning began: files with younger times may have been written to since.
    ///
    /// **Unit**: nanoseconds since 1970.
    let begun: Int64
    /// How many files there are.
    let files: Int

    private enum CodingKeys: String, CodingKey {
        case version = "cosplan_stamps"
        case plan, settings, begun, files
    }

    init(plan: String, settings: [String: String], begun: Int64, files: Int) {
        self.plan = plan
        self.settings = settings
        self.begun = begun
        self.files = files
    }

    /// Whether a file that begins with `bytes` has a header of any version.
    static func isBeginning(_ bytes: [UInt8]) -> Bool {
        bytes.first == UInt8(ascii: "{")
            && String(decoding: bytes, as: UTF8.self).contains("\"\(CodingKeys.version.rawValue)\":")
    }

    fileprivate init?(_ record: [UInt8]) {
        // Whatever is wrong with it: it is no header of this form.
        guard let header = try? JSONDecoder().decode(StampsHeader.self, from: Data(record)),
            header.version == 1, header.files >= 0
        else { return nil }
        self = header
    }

    fileprivate var text: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(self))
        }
    }
}

extension Stamps.File {
    private static let space = UInt8(ascii: " ")

    /// Reads a record; nil for what is none.
    fileprivate init?(_ record: [UInt8]) {
        var numbers: [UInt64] = []
        numbers.reserveCapacity(7)
        var position = 0
        while numbers.count < 7 {
            var number: UInt64 = 0
            let start = position
            while position < record.count, case let digit = record[position] &- 48, digit < 10 {
                let (tens, tooLarge) = number.multipliedReportingOverflow(by: 10)
                let (sum, over) = tens.addingReportingOverflow(UInt64(digit))
                guard !tooLarge, !over else { return nil }
                number = sum
                position += 1
            }
            guard position > start, position < record.count, record[position] == Self.space else {
                return nil
            }
            numbers.append(number)
            position += 1
        }
        guard let path = ByteString(validating: record[position...]), !path.isEmpty,
            let size = Int64(exactly: numbers[2]), let offset = Int64(exactly: numbers[5]),
            let length = Int64(exactly: numbers[6]), !offset.addingReportingOverflow(length).overflow
        else { return nil }
        self.path = path
        identity = FileIdentity(
            node: FileNode(device: numbers[0], inode: numbers[1]), size: size,
            modified: Int64(bitPattern: numbers[3]), statusChanged: Int64(bitPattern: numbers[4]))
        entry = ByteRange(offset: offset, length: length)
    }

    /// Appends the record.
    ///
    /// A time before 1970 is written as the 64 bits that it is stored in.
    fileprivate func append(to text: inout [UInt8]) {
        for number in [
            identity.node.device, identity.node.inode, UInt64(identity.size),
            UInt64(bitPattern: identity.modified), UInt64(bitPattern: identity.statusChanged),
            UInt64(entry.offset), UInt64(entry.length),
        ] {
            text += String(number).utf8
            text.append(Self.space)
        }
        text += path.bytes
        text.append(0)
    }
}

/// The records of an index, one by one.
private struct StampRecords {
    private let source: FileByteSource
    private var chunk: [UInt8] = []
    private var position = 0
    /// Of all records before the last.
    private var digest = DigestStream(.sha256)
    private var last: [UInt8]?
    private var isEnded = false
    private var rest: [UInt8] = []

    /// A record has a path, which is limited, and numbers.
    private static let longest = 1 << 20

    init(_ source: FileByteSource) { self.source = source }

    /// The SHA-256 of all records before the last, in hex.
    var digestBefore: String { digest.digest.hexText }

    /// Whether nothing stands behind the last record.
    var isAtEnd: Bool { isEnded && rest.isEmpty }

    /// The next record, without its NUL; nil at the end.
    mutating func next() throws -> [UInt8]? {
        if let last { digest.take(last + [0]) }
        last = nil
        var record = rest
        rest = []
        while record.count <= Self.longest {
            if position == chunk.count {
                chunk = try source.read(upTo: 1 << 18)
                position = 0
                guard !chunk.isEmpty else {
                    isEnded = true
                    rest = record
                    return nil
                }
            }
            let tail = chunk[position...]
            guard let end = tail.firstIndex(of: 0) else {
                record += tail
                position = chunk.count
                continue
            }
            record += tail[..<end]
            position = end + 1
            last = record
            return record
        }
        rest = record
        return nil
    }
}
