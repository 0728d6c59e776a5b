import COSProtocol
import NIOCore
import PlanCore

/// The fields of a request, from a multipart form, a JSON body or a query.
struct Form: Sendable {
    private var fields: [ByteString: [UInt8]] = [:]
    /// The bytes of `filecontent` where no slice takes them as they come.
    var content: [ByteBuffer] = []
    /// Whether there was a `filecontent`, and how many bytes it had.
    var contentLength: Int64?
    /// What was read of `uploadparts`.
    private(set) var uploadParts: UploadPartsReader?

    /// Field names the SDKs do not agree on in letter case.
    private static let anyCase: Set<String> = [WireName.fileContent, WireName.fileSize]
    private static let known: Set<String> = [
        WireName.op, WireName.sha, WireName.insertOnly, WireName.sliceSize, WireName.fileSize,
        WireName.uploadParts, WireName.bizAttr, WireName.session, WireName.offset, WireName.fileContent,
        WireName.dataMD5,
    ]

    /// The documented name of a field. **Shape**: unknown names are given back as they are.
    ///
    /// - Throws: ``Refusal`` where a known name is in another letter case that no SDK sends.
    static func name(_ name: String) throws(Refusal) -> String {
        let lower = name.lowercased()
        if anyCase.contains(lower) { return lower }
        if let documented = known.first(where: { $0.lowercased() == lower }), documented != name {
            throw .form("the field '\(name.escapedForDisplay(limit: 80))' is written '\(documented)'")
        }
        return name
    }

    /// Adds a field. A field may come again with the same value: one SDK adds all fields once more for each
    /// try.
    ///
    /// - Throws: ``Refusal`` where it is there already with another value.
    mutating func add(_ name: String, _ value: [UInt8]) throws(Refusal) {
        if let earlier = fields.updateValue(value, forKey: ByteString(name)), earlier != value {
            throw Self.differs(name)
        }
    }

    /// Adds `uploadparts`, which may come again as ``add(_:_:)`` says.
    mutating func add(_ reader: UploadPartsReader) throws(Refusal) {
        if let uploadParts, uploadParts != reader { throw Self.differs(WireName.uploadParts) }
        uploadParts = reader
    }

    /// The refusal of a field that comes again with another value.
    static func differs(_ name: String) -> Refusal {
        .form("the field '\(name.escapedForDisplay(limit: 80))' is there twice, with different values")
    }

    subscript(name: String) -> [UInt8]? { fields[ByteString(name)] }

    /// A field's text; nil where it lacks.
    func text(_ name: String) throws(Refusal) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw .form("\(name) is not UTF-8")
        }
        return text
    }

    /// A field's text, which must be there.
    func required(_ name: String) throws(Refusal) -> String {
        guard let text = try text(name), !text.isEmpty else { throw .form("\(name) lacks") }
        return text
    }

    /// A field's whole number of 0 or more, which must be there.
    func number(_ name: String) throws(Refusal) -> Int64 {
        guard let value = self[name] else { throw .form("\(name) lacks") }
        guard let number = DecimalNumber.read(value) else {
            throw .form(
                "\(name) is '\(String(decoding: value, as: UTF8.self).escapedForDisplay(limit: 40))', no whole "
                    + "number")
        }
        return number
    }

    /// The field `sha`; nil where it lacks.
    func sha() throws(Refusal) -> Digest? {
        guard let value = self[WireName.sha] else { return nil }
        guard let sha = Digest(hex: value) else {
            throw Refusal(
                .badSHA,
                "sha is '\(String(decoding: value, as: UTF8.self).escapedForDisplay(limit: 80))', not 40 "
                    + "lower-case hex digits")
        }
        return sha
    }

    /// The field `insertOnly`; absent means 1, and so does empty: the PHP SDK sends what was not set as
    /// empty.
    func insertOnly() throws(Refusal) -> InsertOnly {
        guard let value = self[WireName.insertOnly], !value.isEmpty else { return .refuse }
        guard let number = DecimalNumber.read(value), let flag = InsertOnly(rawValue: number) else {
            throw Refusal(.badModeFlag, "insertOnly is neither 0 nor 1")
        }
        return flag
    }

    /// The field `biz_attr`; absent means empty.
    func bizAttr() throws(Refusal) -> String { try text(WireName.bizAttr) ?? "" }
}

/// A request that was read, understood and signed.
struct JSONRequest: Sendable {
    let operation: ServiceOperation
    let address: ObjectAddress
    let form: Form
    /// Wire `request_id` of the answer.
    let requestID: String
    /// The emulator's clock, Unix seconds; a fault may have moved it.
    let now: Int64
    /// What a fault changes about the work.
    let fault: FaultAction?
}
