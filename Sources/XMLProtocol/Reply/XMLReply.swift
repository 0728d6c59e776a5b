import PlanCore
import ServiceCore

/// What came back for a request, read as far as it can be.
package struct XMLReply: Hashable, Sendable {
    /// What a success says.
    package struct Success: Hashable, Sendable {
        /// The headers that matter.
        package let fields: ReplyFields
        /// The document, where the operation has one.
        package let document: XMLElement?
    }

    /// The HTTP status.
    package let status: Int
    /// The service's name for the request. Foreign text.
    package let requestID: String?
    /// What it says.
    package let result: Result<Success, XMLServiceError>

    /// How much of an answer that is not the service's is kept. **Unit**: bytes.
    private static let keptLength = 256

    /// Reads an answer; never fails, whatever it holds.
    ///
    /// A document must be the one the operation has: finish may answer 200, keep the connection alive with white space,
    /// and end with an error.
    ///
    /// - Parameters:
    ///   - headers: names in lower case.
    ///   - hidden: is taken out of every text that could be shown; what must go back as it came stays.
    package init(
        to operation: XMLOperation, status: Int, headers: [String: String], body: [UInt8],
        hiding hidden: Redactor = .nothing
    ) {
        self.status = status
        let fields = ReplyFields(headers)
        let header = headers[HeaderName.cosRequestID] ?? headers[HeaderName.amzRequestID]
        let document = body.isEmpty ? nil : try? XMLElement(document: body)  // What is no XML is told below.
        let isSuccess = (200..<300).contains(status)
        let requestID = (document?.text("RequestId") ?? header).map(hidden.removed)
        self.requestID = requestID
        if isSuccess, Self.isExpected(document, of: operation) {
            result = .success(Success(fields: fields, document: document))
            return
        }
        func failure(_ code: String?, _ message: String, _ requestID: String?) -> XMLServiceError {
            XMLServiceError(
                operation: operation, status: status, code: code.map(hidden.removed),
                message: hidden.removed(from: message), requestID: requestID)
        }
        if let document, document.name == "Error", let code = document.text("Code"), !code.isEmpty {
            result = .failure(failure(code, document.text("Message") ?? "", requestID))
        } else if let value = JSONValue(json: body, strings: .repaired), let code = Self.code(in: value) {
            let id = value.text("request_id").map(hidden.removed)
            result = .failure(failure(code, value.text("message") ?? "", id ?? requestID))
        } else if let code = headers[HeaderName.cosErrorCode], !code.isEmpty {
            result = .failure(failure(code, headers[HeaderName.cosErrorMessage] ?? "", requestID))
        } else {
            let shown = hidden.removed(from: Array(body.prefix(Redactor.keptLength))).prefix(Self.keptLength)
            result = .failure(
                failure(
                    Self.code(ofEmpty: body, operation, status), String(decoding: shown, as: UTF8.self),
                    requestID))
        }
    }

    /// Whether a success of `operation` has this document, or none.
    private static func isExpected(_ document: XMLElement?, of operation: XMLOperation) -> Bool {
        let name: String? =
            switch operation {
            case .begin: "InitiateMultipartUploadResult"
            case .listParts: "ListPartsResult"
            case .listUploads: "ListMultipartUploadsResult"
            case .finish: "CompleteMultipartUploadResult"
            case .versioning: "VersioningConfiguration"
            case .put, .part, .head, .get, .delete, .abort: nil
            }
        return name == nil ? document?.name != "Error" : document?.name == name
    }

    /// COS answers some errors as JSON; the code is a name or a number.
    private static func code(in value: JSONValue) -> String? {
        if let text = value.text("code"), !text.isEmpty { return text }
        return value.integer("code").map { String($0) }
    }

    /// What a status alone says where the body is empty.
    private static func code(ofEmpty body: [UInt8], _ operation: XMLOperation, _ status: Int) -> String? {
        guard body.isEmpty, operation != .head else { return nil }
        return status == 412 ? XMLCode.preconditionFailed.name : nil
    }

    /// The reply as an error; nil for a success.
    package var error: XMLServiceError? {
        switch result {
        case .success: nil
        case .failure(let error): error
        }
    }
}

/// The headers of a reply that say what the service has.
package struct ReplyFields: Hashable, Sendable {
    /// As it came, quotes and all; it goes back so.
    package let etag: String?
    /// COS's CRC-64/XZ.
    package let crc64ecma: UInt64?
    /// S3's CRC-64/NVME.
    package let crc64nvme: UInt64?
    /// S3's SHA-1: base64, of a whole object followed by `-` and its number of parts.
    package let sha1: String?
    /// The object's length. **Unit**: bytes; only HEAD's means the object.
    package let contentLength: Int64?
    /// Whether the service encrypts by keys of its own: an ETag is no MD5 then.
    package let isKeyEncrypted: Bool

    /// - Parameter headers: names in lower case.
    package init(_ headers: [String: String]) {
        etag = headers[HeaderName.etag].flatMap { $0.isEmpty ? nil : $0 }
        crc64ecma = headers[HeaderName.cosCRC64].flatMap(Self.decimal)
        crc64nvme = headers[HeaderName.checksumCRC64NVME].flatMap(Self.crc)
        sha1 = headers[HeaderName.checksumSHA1]
        contentLength = headers[HeaderName.contentLength].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
        let encryption = headers[HeaderName.cosEncryption] ?? headers[HeaderName.amzEncryption] ?? "AES256"
        isKeyEncrypted = !encryption.utf8.elementsEqual("AES256".utf8)
    }

    /// The 16 bytes of an ETag that is an MD5; nil for any other.
    package var md5: [UInt8]? {
        guard !isKeyEncrypted, let etag else { return nil }
        return ETag.md5(etag)
    }

    private static func decimal(_ text: String) -> UInt64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? UInt64(text) : nil
    }

    /// The number behind base64 of eight bytes.
    static func crc(_ text: String) -> UInt64? {
        guard let bytes = Base64.decoded(text), bytes.count == 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// ETags: quoted, of a part or a single upload mostly an MD5 in hex.
package enum ETag {
    /// The text between the quotes.
    package static func bare(_ etag: String) -> Substring {
        var text = etag[...]
        if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 {
            text = text.dropFirst().dropLast()
        }
        return text
    }

    /// The bytes of an MD5; nil where it has another form.
    package static func md5(_ etag: String) -> [UInt8]? {
        let digits = Array(bare(etag).utf8)
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
        default: nil
        }
    }
}
