import PlanCore
import ServiceCore
import XMLProtocol

/// An error reply of the XML API.
struct XMLRefusal: Error, Hashable, Sendable {
    /// HTTP.
    let status: Int
    /// `Code`.
    let code: String
    /// `Message`.
    let message: String

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    static func accessDenied(_ found: String) -> XMLRefusal { XMLRefusal(403, "AccessDenied", found) }
    static func badSignature(_ found: String) -> XMLRefusal {
        XMLRefusal(403, "SignatureDoesNotMatch", found)
    }
    static func wrongTime(_ found: String) -> XMLRefusal { XMLRefusal(403, "RequestTimeTooSkewed", found) }
    static func argument(_ found: String) -> XMLRefusal { XMLRefusal(400, "InvalidArgument", found) }
    static func part(_ found: String) -> XMLRefusal { XMLRefusal(400, "InvalidPart", found) }
    static func malformedXML(_ found: String) -> XMLRefusal { XMLRefusal(400, "MalformedXML", found) }
    static func busy(_ found: String) -> XMLRefusal { XMLRefusal(503, "SlowDown", found) }
    static func failed(_ found: String) -> XMLRefusal { XMLRefusal(500, "InternalError", found) }

    /// An operation or option that the service has and this emulator does not.
    static func notEmulated(_ what: String) -> XMLRefusal {
        XMLRefusal(501, "NotImplemented", "\(what) is not part of this emulator")
    }

    static func noSuchBucket(_ name: String) -> XMLRefusal {
        XMLRefusal(
            404, "NoSuchBucket",
            "'\(name.escapedForDisplay(limit: 80))' is not of the form <bucket>-<appid>")
    }

    static func noSuchKey(_ key: String) -> XMLRefusal {
        XMLRefusal(404, "NoSuchKey", "nothing is at \(key.escapedForDisplay)")
    }

    static func noSuchUpload(_ id: String) -> XMLRefusal {
        XMLRefusal(404, "NoSuchUpload", "there is no unfinished upload '\(id.escapedForDisplay(limit: 80))'")
    }

    static func exists(_ key: String, _ dialect: EmulatedDialect) -> XMLRefusal {
        switch dialect {
        case .cos: XMLRefusal(409, "FileAlreadyExists", "\(key.escapedForDisplay) exists")
        case .s3: XMLRefusal(412, "PreconditionFailed", "\(key.escapedForDisplay) exists")
        }
    }

    /// The usual code for an HTTP status, for faults that name no code.
    static func scripted(_ status: Int, code: String?) -> XMLRefusal {
        let usual =
            switch status {
            case 400: "InvalidRequest"
            case 403: "AccessDenied"
            case 404: "NoSuchKey"
            case 405: "MethodNotAllowed"
            case 409: "OperationAborted"
            case 412: "PreconditionFailed"
            case 429, 503: "SlowDown"
            default: "InternalError"
            }
        return XMLRefusal(status, code ?? usual, "by script")
    }
}

extension EmulatorReply {
    /// An XML document.
    static func xml(
        _ document: XMLElement, status: Int = 200, headers: [HeaderField] = [], requestID: String
    ) -> EmulatorReply {
        EmulatorReply(
            status: status, contentType: "application/xml", body: document.document, headers: headers,
            requestID: requestID)
    }

    /// The reply for a refusal.
    ///
    /// A reply to HEAD has no body; COS sends the code in a header, S3 not at all.
    static func refusal(
        _ refusal: XMLRefusal, _ dialect: EmulatedDialect, resource: String, isHead: Bool, requestID: String
    ) -> EmulatorReply {
        guard !isHead else {
            let code = dialect == .cos ? [HeaderField(HeaderName.cosErrorCode, refusal.code)] : []
            return EmulatorReply(
                status: refusal.status, contentType: nil, body: [], headers: code, requestID: requestID)
        }
        return .xml(
            errorDocument(refusal, resource: resource, requestID: requestID), status: refusal.status,
            requestID: requestID)
    }

    /// The XML error document.
    static func errorDocument(_ refusal: XMLRefusal, resource: String, requestID: String) -> XMLElement {
        XMLElement(
            "Error",
            [
                XMLElement("Code", refusal.code), XMLElement("Message", refusal.message),
                XMLElement("Resource", resource), XMLElement("RequestId", requestID),
                XMLElement("TraceId", requestID),
            ])
    }
}
