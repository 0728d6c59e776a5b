import COSProtocol
import PlanCore
import ServiceCore

/// Parses the field `uploadparts` while it arrives and keeps only the digests.
///
/// **Cost**: 20 bytes per entry, plus the text of one entry.
///
/// **Source**: the init page; the vendor's SDKs for the layout and the last part.
struct UploadPartsReader: Equatable {
    /// Why the field is refused.
    enum Rejection: Error, Hashable, CustomStringConvertible {
        case notJSON(entry: Int, found: String)
        case unknownKey(entry: Int, key: String)
        case missing(entry: Int)
        case badDigest(entry: Int)
        case tooMany(limit: Int)
        case none
        case offset(entry: Int, found: Int64, expected: Int64)
        case length(entry: Int, found: Int64, expected: Int64)
        case sum(found: Int64, fileSize: Int64)
        case pieceSize(found: Int64)
        case lastIsNotSHA

        var description: String {
            switch self {
            case .notJSON(let entry, let found):
                "uploadparts is not the JSON expected: at entry \(entry): \(found)"
            case .unknownKey(let entry, let key):
                "uploadparts[\(entry)] has the key '\(key.escapedForDisplay(limit: 80))', which no entry has"
            case .missing(let entry): "uploadparts[\(entry)] lacks offset, datalen or datasha"
            case .badDigest(let entry): "uploadparts[\(entry)].datasha is not 40 lower-case hex digits"
            case .tooMany(let limit): "uploadparts has more than \(limit) entries"
            case .none: "uploadparts is empty"
            case .offset(let entry, let found, let expected):
                "uploadparts[\(entry)] is at offset \(found); the one before ends at \(expected)"
            case .length(let entry, let found, let expected):
                "uploadparts[\(entry)] has \(found) bytes; the parts before it have \(expected)"
            case .sum(let found, let fileSize): "uploadparts cover \(found) bytes of a file of \(fileSize)"
            case .pieceSize(let found): "uploadparts cut at \(found) bytes, which is no multiple of 64"
            case .lastIsNotSHA: "the last datasha is not sha"
            }
        }
    }

    private enum Stage {
        /// Before `[`.
        case start
        /// After `[`: an entry or the end.
        case firstEntry
        /// After a comma: an entry.
        case nextEntry
        case insideEntry
        /// After an entry: a comma or the end.
        case afterEntry
        /// After `]`.
        case end
    }

    /// The maximum length of one entry's text.
    ///
    /// **Unit**: bytes.
    private static let entryBytes = 4_096

    private let limit: Int
    private var stage = Stage.start
    private var entry: [UInt8] = []
    private var isInString = false
    private var isEscaped = false
    /// The digests so far, in file order.
    private(set) var datashas: [Digest] = []
    /// The length of the first entry.
    private var pieceSize: Int64 = 0
    /// The end offset of the entries so far.
    private var covered: Int64 = 0
    /// The length of the last entry so far.
    private var lastLength: Int64 = 0
    /// The first error; nothing after it is read.
    private(set) var problem: Rejection?

    /// Creates a reader for at most `limit` entries.
    init(limit: Int) { self.limit = limit }

    /// The number of entries read.
    var count: Int { datashas.count }

    /// Takes the next bytes of the text.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard problem == nil else { return }
        do throws(Rejection) {
            for position in 0..<bytes.count { try take(unsafe bytes[position]) }
        } catch { problem = error }
    }

    /// The digests, if they are a legal plan for a file of this size and SHA-1.
    func digests(kind: DatashaKind, fileSize: Int64, sha: Digest) throws(Rejection) -> ClaimedDigests {
        if let problem { throw problem }
        guard stage == .end else { throw .notJSON(entry: count, found: "the text ends") }
        guard let last = datashas.last else { throw .none }
        guard covered == fileSize else { throw .sum(found: covered, fileSize: fileSize) }
        guard count == 1 || pieceSize % 64 == 0 else { throw .pieceSize(found: pieceSize) }
        if kind == .state || count == 1 {
            guard last == sha else { throw .lastIsNotSHA }
        }
        return ClaimedDigests(
            kind: kind, layout: Layout(fileSize: fileSize, pieceSize: pieceSize), datashas: datashas)
    }

    private mutating func take(_ byte: UInt8) throws(Rejection) {
        if stage == .insideEntry { return try takeInside(byte) }
        switch (byte, stage) {
        case (0x20, _), (0x09, _), (0x0a, _), (0x0d, _): return
        case (UInt8(ascii: "["), .start): stage = .firstEntry
        case (UInt8(ascii: "{"), .firstEntry), (UInt8(ascii: "{"), .nextEntry):
            guard count < limit else { throw .tooMany(limit: limit) }
            entry.removeAll(keepingCapacity: true)
            entry.append(byte)
            stage = .insideEntry
        case (UInt8(ascii: ","), .afterEntry): stage = .nextEntry
        case (UInt8(ascii: "]"), .firstEntry), (UInt8(ascii: "]"), .afterEntry): stage = .end
        default:
            let found = String(Character(Unicode.Scalar(byte))).escapedForDisplay
            throw .notJSON(entry: count, found: "'\(found)' \(Self.place(stage))")
        }
    }

    private static func place(_ stage: Stage) -> String {
        switch stage {
        case .start: "in place of ["
        case .firstEntry, .nextEntry, .insideEntry: "in place of an entry"
        case .afterEntry: "in place of , or ]"
        case .end: "after the end"
        }
    }

    private mutating func takeInside(_ byte: UInt8) throws(Rejection) {
        entry.append(byte)
        guard entry.count <= Self.entryBytes else {
            throw .notJSON(entry: count, found: "it is longer than \(Self.entryBytes) bytes")
        }
        if isEscaped {
            isEscaped = false
        } else if isInString {
            isEscaped = byte == UInt8(ascii: "\\")
            isInString = byte != UInt8(ascii: "\"")
        } else if byte == UInt8(ascii: "\"") {
            isInString = true
        } else if byte == UInt8(ascii: "}") {
            try endEntry()
            stage = .afterEntry
        }
    }

    private mutating func endEntry() throws(Rejection) {
        let found = try UploadPart(entry, index: count)
        guard found.offset == covered else {
            throw .offset(entry: count, found: found.offset, expected: covered)
        }
        if datashas.isEmpty {
            pieceSize = found.length
        } else if lastLength != pieceSize {
            throw .length(entry: count - 1, found: lastLength, expected: pieceSize)
        }
        guard (1...max(1, pieceSize)).contains(found.length) else {
            throw .length(entry: count, found: found.length, expected: pieceSize)
        }
        let (end, isTooLarge) = covered.addingReportingOverflow(found.length)
        guard !isTooLarge else { throw .sum(found: .max, fileSize: covered) }
        covered = end
        lastLength = found.length
        datashas.append(found.datasha)
    }
}

/// One entry of `uploadparts` as sent.
private struct UploadPart {
    let offset: Int64
    let length: Int64
    let datasha: Digest

    /// Parses the text of an entry.
    init(_ text: [UInt8], index: Int) throws(UploadPartsReader.Rejection) {
        var offset: Int64?
        var length: Int64?
        var hex: ArraySlice<UInt8>?
        var unknown: ArraySlice<UInt8>?
        var cursor = JSONCursor(text)
        do throws(JSONError) {
            try cursor.beginObject()
            while let name = try cursor.nextName() {
                if name.elementsEqual(WireName.offset.utf8) {
                    offset = try cursor.integer()
                } else if name.elementsEqual(WireName.dataLength.utf8) {
                    length = try cursor.integer()
                } else if name.elementsEqual(WireName.dataSHA.utf8) {
                    hex = try cursor.string()
                } else {
                    unknown = name
                    try cursor.skip()
                }
            }
            try cursor.end()
        } catch { throw .notJSON(entry: index, found: "\(error) of it") }
        if let unknown { throw .unknownKey(entry: index, key: String(decoding: unknown, as: UTF8.self)) }
        guard let offset, let length, let hex else { throw .missing(entry: index) }
        guard let datasha = Digest(hex: hex) else { throw .badDigest(entry: index) }
        self.offset = offset
        self.length = length
        self.datasha = datasha
    }
}
