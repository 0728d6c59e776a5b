import COSProtocol
import NIOCore
import PlanCore
import ServiceCore

/// The fields of a request, from a multipart form, a JSON body or a query.
struct UploadForm: Sendable {
    private var fields: [ByteString: [UInt8]] = [:]
    /// The bytes of `filecontent`, unless a slice takes them as they arrive.
    var content: [ByteBuffer] = []
    /// The length of `filecontent`; nil if there is none.
    var contentLength: Int64?
    /// The parsed `uploadparts`.
    private(set) var uploadParts: UploadPartsReader?

    /// Field names whose letter case differs between SDKs.
    private static let anyCase: Set<String> = [WireName.fileContent, WireName.fileSize]
    private static let known: Set<String> = [
        WireName.op, WireName.sha, WireName.insertOnly, WireName.sliceSize, WireName.fileSize,
        WireName.uploadParts, WireName.bizAttr, WireName.session, WireName.offset, WireName.fileContent,
        WireName.dataMD5,
    ]

    /// The documented name of a field.
    ///
    /// **Shape**: unknown names are returned unchanged.
    ///
    /// - Throws: ``Refusal`` for a known name in a letter case that no SDK sends.
    static func name(_ name: String) throws(Refusal) -> String {
        let lower = name.lowercased()
        if anyCase.contains(lower) { return lower }
        if let documented = known.first(where: { $0.lowercased() == lower }), documented != name {
            throw .form("the field '\(name.escapedForDisplay(limit: 80))' is written '\(documented)'")
        }
        return name
    }

    /// Adds a field.
    ///
    /// A field may be repeated with the same value: one SDK adds all fields again for each attempt.
    ///
    /// - Throws: ``Refusal`` if the field already has another value.
    mutating func add(_ name: String, _ value: [UInt8]) throws(Refusal) {
        if let earlier = fields.updateValue(value, forKey: ByteString(name)), earlier != value {
            throw Self.differs(name)
        }
    }

    /// Adds `uploadparts`, which may be repeated as in ``add(_:_:)``.
    mutating func add(_ reader: UploadPartsReader) throws(Refusal) {
        if let uploadParts, uploadParts != reader { throw Self.differs(WireName.uploadParts) }
        uploadParts = reader
    }

    /// The refusal of a field that is repeated with another value.
    static func differs(_ name: String) -> Refusal {
        .form("the field '\(name.escapedForDisplay(limit: 80))' is there twice, with different values")
    }

    subscript(name: String) -> [UInt8]? { fields[ByteString(name)] }

    /// A field as text; nil if it is missing.
    func text(_ name: String) throws(Refusal) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw .form("\(name) is not UTF-8")
        }
        return text
    }

    /// A field as text; it must not be missing or empty.
    func required(_ name: String) throws(Refusal) -> String {
        guard let text = try text(name), !text.isEmpty else { throw .form("\(name) lacks") }
        return text
    }

    /// A field as a whole number of 0 or more; it must not be missing.
    func number(_ name: String) throws(Refusal) -> Int64 {
        guard let value = self[name] else { throw .form("\(name) lacks") }
        guard let number = DecimalNumber.read(value) else {
            throw .form(
                "\(name) is '\(String(decoding: value, as: UTF8.self).escapedForDisplay(limit: 40))', no whole "
                    + "number")
        }
        return number
    }

    /// The field `sha`; nil if it is missing.
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

    /// The field `insertOnly`.
    ///
    /// Missing or empty means 1: the PHP SDK sends unset fields as empty.
    func insertOnly() throws(Refusal) -> InsertOnly {
        guard let value = self[WireName.insertOnly], !value.isEmpty else { return .refuse }
        guard let number = DecimalNumber.read(value), let flag = InsertOnly(rawValue: number) else {
            throw Refusal(.badModeFlag, "insertOnly is neither 0 nor 1")
        }
        return flag
    }

    /// The field `biz_attr`; missing means empty.
    func bizAttr() throws(Refusal) -> String { try text(WireName.bizAttr) ?? "" }
}

/// A request that was read, parsed and authorized.
struct JSONRequest: Sendable {
    let operation: ServiceOperation
    let address: ObjectAddress
    let form: UploadForm
    /// Wire `request_id` of the reply.
    let requestID: String
    /// The emulator's clock, Unix seconds; a fault may have moved it.
    let now: Int64
    /// The fault that applies to it.
    let fault: FaultAction?
}

/// Reads the JSON body, one object, that some SDKs send instead of a form.
enum JSONBody {
    /// Adds its strings and whole numbers to `form`.
    ///
    /// Members of other types belong to operations that the emulator does not have and are ignored.
    static func read(_ body: [UInt8], into form: inout UploadForm, limits: EmulatorLimits) throws(Refusal) {
        guard case .members(let members)? = JSONValue(json: body) else {
            throw .form("the body is neither a form nor a JSON object, or names a member twice")
        }
        for member in members {
            let name = try UploadForm.name(member.name)
            switch member.value {
            case .string(var text) where name == WireName.uploadParts:
                var reader = UploadPartsReader(limit: limits.uploadParts)
                text.withUTF8 { unsafe reader.take(UnsafeRawBufferPointer($0)) }
                try form.add(reader)
            case .string(let text): try form.add(name, Array(text.utf8))
            case .integer(let number): try form.add(name, Array("\(number)".utf8))
            case .null, .bool, .otherNumber, .array, .members: break
            }
        }
    }
}
