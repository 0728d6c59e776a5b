import COSProtocol
import PlanCore
import ServiceCore
import Synchronization

/// An unfinished upload of the XML API or S3.
///
/// A class with a lock, because its parts arrive on several threads.
final class MultipartUpload: Sendable {
    /// The upload id.
    let id: String
    let plan: MultipartPlan
    /// Where the parts are stored; nil if they are dropped once they are hashed.
    let files: MultipartFiles?
    private let state: Mutex<State>

    private struct State {
        var parts: [Int: UploadedPart]
        var isFinishing = false
        var hasEnded = false
    }

    init(id: String, plan: MultipartPlan, files: MultipartFiles?, parts: [Int: UploadedPart] = [:]) {
        self.id = id
        self.plan = plan
        self.files = files
        state = Mutex(State(parts: parts))
    }

    /// The parts that arrived, by number.
    var parts: [UploadedPart] {
        state.withLock { $0.parts.values.sorted { $0.number < $1.number } }
    }

    /// Adds a part; it replaces one with the same number.
    ///
    /// - Throws: ``XMLRefusal`` if the upload has ended or the part cannot be stored.
    func take(_ part: UploadedPart) throws(XMLRefusal) {
        try state.withLock { state throws(XMLRefusal) in
            guard !state.hasEnded, !state.isFinishing else { throw .noSuchUpload(id) }
            do throws(StoreError) {
                try files?.keep(part, inPlaceOf: state.parts[part.number])
            } catch { throw .failed("\(error)") }
            state.parts[part.number] = part
        }
    }

    /// Refuses further parts while the upload is being finished.
    func beginFinish() throws(XMLRefusal) {
        try state.withLock { state throws(XMLRefusal) in
            guard !state.hasEnded, !state.isFinishing else { throw .noSuchUpload(id) }
            state.isFinishing = true
        }
    }

    /// Accepts parts again after a finish that failed.
    func reopen() { state.withLock { $0.isFinishing = false } }

    /// Ends the upload: no request finds it any more.
    func close() { state.withLock { $0.hasEnded = true } }
}

/// The parameters of a multipart upload.
struct MultipartPlan: Hashable, Sendable {
    let address: ObjectAddress
    /// Unix seconds.
    let initiatedAt: Int64
    /// The checksum of every part and of the object; COS's for an upload of the XML API.
    var checksum = StoreChecksum.crc64ecma
    /// How the object's checksum is formed.
    var checksumType = ChecksumType.fullObject

    /// The API of the upload; the other API does not see it.
    var dialect: EmulatedDialect { checksum == .crc64ecma ? .cos : .s3 }

    /// The memory it uses for data that clients control.
    ///
    /// **Unit**: bytes.
    var heldBytes: Int { address.heldBytes }

    /// The plan as stored.
    var encoded: [UInt8] {
        var members = address.members + [("api", .string("xml")), ("initiated", .integer(initiatedAt))]
        if dialect == .s3 {
            members += [
                ("checksum", .string(checksum.rawValue)), ("checksum_type", .string(checksumType.rawValue)),
            ]
        }
        return SealedText.sealed(JSONValue.object(members).encoded)
    }
}

extension MultipartPlan {
    /// Parses a stored plan; nil for anything that ``encoded`` did not write.
    init?(encoded: [UInt8]) {
        guard let text = SealedText.opened(encoded), let value = JSONValue(json: text),
            value.text("api") == "xml", let address = ObjectAddress(value),
            let initiatedAt = value.integer("initiated")
        else { return nil }
        self.init(address: address, initiatedAt: initiatedAt)
        guard let name = value.text("checksum") else { return }
        guard let kind = StoreChecksum(rawValue: name),
            let type = value.text("checksum_type").flatMap({ ChecksumType(rawValue: $0) })
        else { return nil }
        checksum = kind
        checksumType = type
    }
}

/// A part that arrived.
struct UploadedPart: Hashable, Sendable {
    /// From 1 to ``maximumNumber``.
    let number: Int
    /// **Unit**: bytes.
    let size: Int64
    /// Lower-case hex.
    let md5: String
    /// The header text of the upload's kind of checksum.
    let checksum: String
    /// When it arrived, Unix seconds.
    let modifiedAt: Int64
    /// The name of its file, if it is stored.
    let fileName: String

    static let maximumNumber = 10_000
    /// The maximum size of a part, and of an object sent in one request.
    ///
    /// **Unit**: bytes.
    static let maximumSize: Int64 = 5 << 30

    /// `ETag`.
    var etag: String { "\"\(md5)\"" }

    /// The line that records it: its fields and the first digits of their SHA-1, to detect damage.
    var line: String {
        let fields = "\(number) \(size) \(md5) \(checksum) \(modifiedAt) \(fileName)"
        return "\(fields) \(SHA1Stream.digest(of: Array(fields.utf8)).hex.prefix(8))\n"
    }
}

extension UploadedPart {
    /// Parses a line without its LF; nil for anything that ``line`` does not write.
    init?(_ text: ArraySlice<UInt8>) {
        let fields = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 7, let number = Int(fields[0]), (1...Self.maximumNumber).contains(number),
            let size = Int64(fields[1]), (0...Self.maximumSize).contains(size), !fields[3].isEmpty,
            let modifiedAt = Int64(fields[4]), !fields[5].isEmpty, !fields[5].utf8.contains(UInt8(ascii: "/"))
        else { return nil }
        self.init(
            number: number, size: size, md5: fields[2], checksum: fields[3], modifiedAt: modifiedAt,
            fileName: fields[5])
        guard line.utf8.dropLast().elementsEqual(text) else { return nil }
    }
}
