import COSProtocol
import PlanCore
import ServiceCore
import Synchronization

/// An unfinished upload of the XML API. Parts of it arrive on several threads, so it is one object with a
/// lock.
final class MultipartUpload: Sendable {
    /// What the client calls it.
    let id: String
    let plan: MultipartPlan
    /// Where the parts are kept; nil where they are dropped once they are hashed.
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

    /// Takes a part in place of one of its number.
    ///
    /// - Throws: ``XMLRefusal`` where the upload has ended, or the part cannot be kept.
    func take(_ part: UploadedPart) throws(XMLRefusal) {
        try state.withLock { state throws(XMLRefusal) in
            guard !state.hasEnded, !state.isFinishing else { throw .noSuchUpload(id) }
            do throws(StoreError) {
                try files?.keep(part, inPlaceOf: state.parts[part.number])
            } catch { throw .failed("\(error)") }
            state.parts[part.number] = part
        }
    }

    /// Keeps further parts out while the upload is finished.
    func beginFinish() throws(XMLRefusal) {
        try state.withLock { state throws(XMLRefusal) in
            guard !state.hasEnded, !state.isFinishing else { throw .noSuchUpload(id) }
            state.isFinishing = true
        }
    }

    /// Lets parts in again after a finish that did not come to its end.
    func reopen() { state.withLock { $0.isFinishing = false } }

    /// No request finds the upload any more.
    func close() { state.withLock { $0.hasEnded = true } }
}

/// What begin agreed on.
struct MultipartPlan: Hashable, Sendable {
    let address: ObjectAddress
    /// Unix seconds.
    let initiatedAt: Int64

    /// What it takes of memory, as far as clients decide it. **Unit**: bytes.
    var heldBytes: Int { address.heldBytes }

    /// The plan as it is kept.
    var encoded: [UInt8] {
        SealedText.sealed(
            JSONValue.object(
                address.members + [("api", .string("xml")), ("initiated", .integer(initiatedAt))]
            ).encoded)
    }
}

extension MultipartPlan {
    /// Reads a plan back; nil for anything that was not written by ``encoded``.
    init?(encoded: [UInt8]) {
        guard let text = SealedText.opened(encoded), let value = JSONValue(json: text),
            value.text("api") == "xml", let address = ObjectAddress(value),
            let initiatedAt = value.integer("initiated")
        else { return nil }
        self.init(address: address, initiatedAt: initiatedAt)
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
    let crc64: UInt64
    /// When it arrived, Unix seconds.
    let modifiedAt: Int64
    /// The name of its file, where it is kept.
    let fileName: String

    static let maximumNumber = 10_000
    /// The shortest part that is not the last. **Unit**: bytes. **Source**: the vendor's page on uploading
    /// parts.
    static let minimumSize: Int64 = 1 << 20
    /// The longest part, and the longest object in one request. **Unit**: bytes.
    static let maximumSize: Int64 = 5 << 30

    /// `ETag`.
    var etag: String { "\"\(md5)\"" }

    /// The line that tells of it: its fields and the start of their SHA-1, so that a damaged line is found.
    var line: String {
        let fields = "\(number) \(size) \(md5) \(crc64) \(modifiedAt) \(fileName)"
        return "\(fields) \(SHA1Stream.digest(of: Array(fields.utf8)).hex.prefix(8))\n"
    }
}

extension UploadedPart {
    /// Reads a line without its end; nil for anything that ``line`` could not be.
    init?(_ text: ArraySlice<UInt8>) {
        let fields = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 7, let number = Int(fields[0]), (1...Self.maximumNumber).contains(number),
            let size = Int64(fields[1]), (0...Self.maximumSize).contains(size), let crc64 = UInt64(fields[3]),
            let modifiedAt = Int64(fields[4]), !fields[5].isEmpty, !fields[5].utf8.contains(UInt8(ascii: "/"))
        else { return nil }
        self.init(
            number: number, size: size, md5: fields[2], crc64: crc64, modifiedAt: modifiedAt,
            fileName: fields[5])
        guard line.utf8.dropLast().elementsEqual(text) else { return nil }
    }
}
