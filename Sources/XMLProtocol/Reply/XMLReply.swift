import PlanCore
import ServiceCore

/// The parsed reply to a request.
package struct XMLReply: Hashable, Sendable {
    /// A successful reply.
    package struct Success: Hashable, Sendable {
        /// The relevant headers.
        package let fields: ReplyFields
        /// The XML document; nil if the operation has none.
        package let document: XMLElement?
    }

    /// The HTTP status.
    package let status: Int
    /// The service's id of the request; untrusted text.
    package let requestID: String?
    /// The content of the reply, or an error.
    package let result: Result<Success, XMLServiceError>

    /// How much of a reply that is not the service's is kept.
    ///
    /// **Unit**: bytes.
    private static let keptLength = 256

    /// Parses any reply; never fails.
    ///
    /// The document must be the one that the operation returns: finish may reply with status 200, keep the
    /// connection alive with white space, and end with an error. A put or part must return an ETag.
    ///
    /// - Parameters:
    ///   - operation: the operation of the request.
    ///   - status: the HTTP status.
    ///   - headers: names in lower case.
    ///   - body: the complete body.
    ///   - hidden: texts to remove from everything that may be shown; values that must be sent back are
    ///     unchanged.
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
        if isSuccess, Self.isExpected(document, fields, of: operation) {
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

    /// Whether a success of `operation` returns this document, or none, and these headers.
    private static func isExpected(
        _ document: XMLElement?, _ fields: ReplyFields, of operation: XMLOperation
    ) -> Bool {
        let name: String? =
            switch operation {
            case .begin: "InitiateMultipartUploadResult"
            case .listParts: "ListPartsResult"
            case .listUploads: "ListMultipartUploadsResult"
            case .finish: "CompleteMultipartUploadResult"
            case .versioning: "VersioningConfiguration"
            case .put, .part, .head, .get, .delete, .abort: nil
            }
        let takesBytes = operation == .put || operation == .part
        guard !takesBytes || fields.etag != nil else { return false }
        return name == nil ? document?.name != "Error" : document?.name == name
    }

    /// Some errors of COS are JSON; the code is a name or a number.
    private static func code(in value: JSONValue) -> String? {
        if let text = value.text("code"), !text.isEmpty { return text }
        return value.integer("code").map { String($0) }
    }

    /// The code that a status alone implies if the body is empty.
    private static func code(ofEmpty body: [UInt8], _ operation: XMLOperation, _ status: Int) -> String? {
        guard body.isEmpty, operation != .head else { return nil }
        return status == 412 ? XMLCode.preconditionFailed.name : nil
    }

    /// The error; nil for success.
    package var error: XMLServiceError? {
        switch result {
        case .success: nil
        case .failure(let error): error
        }
    }
}

/// The headers of a reply that describe an object or part.
package struct ReplyFields: Hashable, Sendable {
    /// The ETag as received, including quotes; it is sent back unchanged.
    package let etag: String?
    /// The CRC-64/XZ of COS.
    package let crc64ecma: UInt64?
    /// The CRC-64/NVME of S3.
    package let crc64nvme: UInt64?
    /// The SHA-1 of S3 in base64; for a composite followed by `-` and the number of parts.
    package let sha1: String?
    /// S3's SHA-256, in the same form as its SHA-1.
    package let sha256: String?
    /// The length of the object.
    ///
    /// **Unit**: bytes; meaningful only for HEAD.
    package let contentLength: Int64?
    /// Whether the object is encrypted with managed keys; its ETag is then not an MD5.
    package let isKeyEncrypted: Bool

    /// Parses headers, whose names are in lower case.
    package init(_ headers: [String: String]) {
        etag = headers[HeaderName.etag].flatMap { $0.isEmpty ? nil : $0 }
        crc64ecma = headers[HeaderName.cosCRC64].flatMap(Self.decimal)
        crc64nvme = headers[HeaderName.checksumCRC64NVME].flatMap(Self.crc)
        sha1 = headers[HeaderName.checksumSHA1]
        sha256 = headers[HeaderName.checksumSHA256]
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

    /// The number encoded as base64 of eight bytes.
    static func crc(_ text: String) -> UInt64? {
        guard let bytes = Base64.decoded(text), bytes.count == 8 else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Parses ETags: quoted; for a part or a single upload mostly an MD5 in hex.
package enum ETag {
    /// The ETag without its quotes.
    package static func bare(_ etag: String) -> Substring {
        var text = etag[...]
        if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 {
            text = text.dropFirst().dropLast()
        }
        return text
    }

    /// The bytes of an MD5; nil for any other form.
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
