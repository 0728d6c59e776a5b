import ServiceCore

/// A known error code of the XML API or S3: its meaning, and what to do about it.
///
/// **Source**: the vendor's page 436/7730; AWS's "Error responses". Which codes are retried follows both.
package struct XMLCode: Hashable, Sendable {
    /// The text of `Code`.
    package let name: String
    /// What it means, in a few words.
    package let meaning: String
    /// The reaction of an upload.
    package let reaction: Reaction
    /// What the user can do, if the upload cannot continue.
    package let hint: String

    /// The entry for `name`; nil for an unknown name.
    package static func entry(_ name: String) -> XMLCode? {
        table.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The unfinished upload does not exist: it was completed or aborted, or has expired.
    package static let noSuchUpload = XMLCode(
        "NoSuchUpload", "no unfinished upload of that id", .beginAgain, "upload it again")
    /// There is no object at the key.
    package static let noSuchKey = XMLCode("NoSuchKey", "nothing at this key", .refuse, "check the key")
    /// The bucket does not exist.
    package static let noSuchBucket = XMLCode(
        "NoSuchBucket", "no such bucket", .refuse,
        "check the bucket (at COS with its appid), region and endpoint")
    /// The credentials do not permit the operation.
    package static let accessDenied = XMLCode(
        "AccessDenied", "access denied", .refuseCredentials,
        "check what the secret id may do in this bucket")
    /// COS refuses to replace an object.
    package static let fileAlreadyExists = XMLCode(
        "FileAlreadyExists", "an object of this key exists", .compare, "choose another key, or replace it")
    /// S3 refuses to replace an object.
    package static let preconditionFailed = XMLCode(
        "PreconditionFailed", "an object of this key exists", .compare, "choose another key, or replace it")
    /// Another request is writing the same key.
    package static let conditionalRequestConflict = XMLCode(
        "ConditionalRequestConflict", "another upload to this key is under way", .compare,
        "upload again when it has ended")
    /// Temporary credentials have expired.
    package static let expiredToken = XMLCode(
        "ExpiredToken", "the session token has expired", .renewCredentials, "get new temporary credentials")
    /// The store does not support the operation.
    package static let notImplemented = XMLCode(
        "NotImplemented", "the store does not have this operation", .refuse,
        "check that the endpoint is the store")

    /// All entries.
    package static let table: [XMLCode] = [
        noSuchUpload, noSuchKey, noSuchBucket, accessDenied, fileAlreadyExists, preconditionFailed,
        conditionalRequestConflict, expiredToken, notImplemented,
        XMLCode(
            "TokenRefreshRequired", "the session token has expired", .renewCredentials,
            "get new temporary credentials"),
        XMLCode(
            "InvalidToken", "the session token is wrong", .renewCredentials, "get new temporary credentials"),
        XMLCode(
            "SignatureDoesNotMatch", "signature refused", .refuseCredentials, "check the secret key"),
        XMLCode("InvalidAccessKeyId", "no such secret id", .refuseCredentials, "check the secret id"),
        XMLCode("InvalidSecretKey", "no such secret id", .refuseCredentials, "check the secret id"),
        XMLCode(
            "RequestTimeTooSkewed", "clock wrong", .signAgain, "set this machine's clock"),
        XMLCode(
            "PathStyleDomainForbidden", "the bucket cannot be addressed in the path", .refuseConfiguration,
            "address the bucket in the host"),
        XMLCode(
            "AuthorizationHeaderMalformed", "signed for another region", .refuseConfiguration,
            "check the region"),
        XMLCode(
            "PermanentRedirect", "the bucket is at another endpoint", .refuseConfiguration,
            "check region and endpoint"),
        XMLCode("BadDigest", "the body does not have the digest that was sent", .retry, "check the network"),
        XMLCode(
            "XAmzContentSHA256Mismatch", "the body does not have the digest that was sent", .retry,
            "check the network"),
        XMLCode("InvalidDigest", "malformed digest", .refuse, "report this as a bug"),
        XMLCode("InvalidPart", "a part is missing or another one", .resume, "upload it again"),
        XMLCode("InvalidPartOrder", "parts out of order", .resume, "report this as a bug"),
        XMLCode("EntityTooSmall", "a part is too short", .refuse, "use longer parts"),
        XMLCode("EntityTooLarge", "the body is too long", .refuse, "use shorter parts"),
        XMLCode("KeyTooLong", "the key is too long", .refuse, "choose a shorter key"),
        XMLCode("KeyTooLongError", "the key is too long", .refuse, "choose a shorter key"),
        XMLCode(
            "MissingContentLength", "no Content-Length arrived", .refuse, "check that no proxy removes it"),
        XMLCode("MethodNotAllowed", "the store does not allow this", .refuse, "check bucket and endpoint"),
        XMLCode(
            "OperationAborted", "another operation is under way", .retry, "try again later"),
        XMLCode("SlowDown", "too many requests", .retry, "try again later"),
        XMLCode(
            "ServiceUnavailable", "the service is overloaded", .retry, "try again later"),
        XMLCode("InternalError", "error inside the service", .retry, "try again later"),
        XMLCode("RequestTimeout", "the body came too slowly", .retry, "check the network"),
    ]

    private init(_ name: String, _ meaning: String, _ reaction: Reaction, _ hint: String) {
        self.name = name
        self.meaning = meaning
        self.reaction = reaction
        self.hint = hint
    }
}
