import PlanCore
import ServiceCore

/// A reply of the XML API or S3 that is not success.
public struct XMLServiceError: ExplainedError, ServiceFailure {
    /// The operation.
    package let operation: XMLOperation
    /// The HTTP status; may be 200 for finish, whose body tells whether it succeeded.
    public let status: Int
    /// The text of `Code`; nil if the reply was not the service's, and for HEAD, which has no body.
    ///
    /// Untrusted text.
    public let code: String?
    /// The text of `Message`, or the first bytes of a reply that was not the service's.
    ///
    /// Untrusted text.
    package let message: String
    /// The service's id of the request.
    ///
    /// Untrusted text.
    public let requestID: String?

    /// Creates an error.
    package init(operation: XMLOperation, status: Int, code: String?, message: String, requestID: String?) {
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// The known entry for the code; nil for an unknown one.
    package var known: XMLCode? { code.flatMap(XMLCode.entry) }

    /// The reaction of an upload.
    ///
    /// 429 and 5xx other than 501 are retried whatever the body contains; 401 concerns the credentials. A
    /// reply that is not the service's but has a success status is retried as well: an intermediary replied
    /// instead of the service, or the reply was cut. Unknown codes are refused, and so is a reply of the JSON API.
    package var reaction: Reaction {
        if status == 429 || (status >= 500 && status != 501) { return .retry }
        if isOfJSONAPI { return .refuse }
        if status == 401 { return .refuseCredentials }
        if let known { return known.reaction }
        switch status {
        case 200..<300: return code == nil ? .retry : .refuse
        case 403: return .refuseCredentials
        case 408: return .retry
        case 409, 412: return .compare
        default: return .refuse
        }
    }

    /// Whether the reply is one of the JSON API, whose codes are numbers.
    package var isOfJSONAPI: Bool { code.flatMap { Int64($0) } != nil }

    /// Whether the service throttles.
    package var isThrottling: Bool { status == 429 || status == 503 || code == "SlowDown" }

    /// Whether the service reports that there is no object at the key.
    package var saysNothingThere: Bool {
        switch operation {
        case .head, .get: status == 404 && known != .noSuchBucket
        case .put, .begin, .part, .listParts, .listUploads, .finish, .versioning, .delete, .abort:
            known == .noSuchKey
        }
    }

    /// Whether the service reports that there is no unfinished upload with the id.
    package var saysUploadGone: Bool { known == .noSuchUpload }

    /// Whether the credentials do not permit the request, or the store does not support it.
    package var saysNotAllowed: Bool {
        known == .accessDenied || known == .notImplemented || (code == nil && status == 403) || status == 405
            || status == 501
    }

    /// Whether another request is writing the same key.
    package var saysConflict: Bool { known == .conditionalRequestConflict || (known == nil && status == 409) }
}

extension XMLServiceError {
    /// For example `status 503, SlowDown (too many requests)`; does not contain the service's own text.
    package var summary: String {
        guard let code else { return "status \(status)" }
        guard let known else { return "status \(status), \(code.escapedForDisplay(limit: 64))" }
        return "status \(status), \(known.name) (\(known.meaning))"
    }

    /// What the service reported, without advice.
    public var finding: String {
        guard let code else {
            if operation == .head { return "\(operation): status \(status)\(requestIDText)" }
            if operation == .put || operation == .part, (200..<300).contains(status) {
                return "\(operation): status \(status) without an ETag\(requestIDText)"
            }
            return finding(inPlaceOf: "XML")
        }
        return finding(code: code.escapedForDisplay(limit: 64), meaning: known?.meaning)
    }

    /// What to do about it.
    public var hint: String {
        if isOfJSONAPI, reaction == .refuse { return "the endpoint answers JSON: is the JSON API meant?" }
        // Without the right to list a bucket, a key without an object is answered like this, too.
        if operation == .head, status == 403, code == nil || known == .accessDenied {
            return
                "check secret id and key; if they are right, the id may not look at this key, or nothing is there"
        }
        if let known { return known.hint }
        return code == nil
            ? "check endpoint, region and proxy" : "look the code up in the service's list of errors"
    }
}
