import ServiceCore

/// An error of the XML API or of S3 that is known by its name: what it means and what to do.
///
/// **Source**: the vendor's page 436/7730; AWS's "Error responses". What is retried follows both.
public struct XMLCode: Hashable, Sendable {
    /// The text of `Code`.
    public let name: String
    /// What it says, a few words.
    public let meaning: String
    /// What the upload does about it.
    public let reaction: Reaction
    /// What a person can do about it where the upload cannot.
    public let hint: String

    /// The entry for `name`; nil for a name that is not known.
    public static func entry(_ name: String) -> XMLCode? {
        table.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The unfinished upload is not there: finished, given up or expired.
    package static let noSuchUpload = XMLCode(
        "NoSuchUpload", "no unfinished upload of that id", .beginAgain, "run the same command again")
    /// Nothing is at the key.
    package static let noSuchKey = XMLCode("NoSuchKey", "nothing at this key", .refuse, "check the key")
    /// The bucket is not there.
    package static let noSuchBucket = XMLCode(
        "NoSuchBucket", "no such bucket", .refuse, "check bucket, appid, region and endpoint")
    /// The pair may not do this.
    package static let accessDenied = XMLCode(
        "AccessDenied", "access denied", .refuseCredentials,
        "check what the secret id may do in this bucket")
    /// COS refuses to replace an object.
    package static let fileAlreadyExists = XMLCode(
        "FileAlreadyExists", "an object of this key exists", .compare, "choose another key, or replace it")
    /// S3 refuses to replace an object.
    package static let preconditionFailed = XMLCode(
        "PreconditionFailed", "an object of this key exists", .compare, "choose another key, or replace it")
    /// Somebody else writes the same key.
    package static let conditionalRequestConflict = XMLCode(
        "ConditionalRequestConflict", "another upload to this key is under way", .compare,
        "run the same command again when it has ended")
    /// A temporary pair has expired.
    package static let expiredToken = XMLCode(
        "ExpiredToken", "the session token has expired", .renewCredentials, "get new temporary credentials")
    /// The operation is not known there.
    package static let notImplemented = XMLCode(
        "NotImplemented", "the store does not have this operation", .refuse,
        "check that the endpoint is the store")

    /// Every entry.
    public static let table: [XMLCode] = [
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
        XMLCode("InvalidPart", "a part is missing or another one", .resume, "run the same command again"),
        XMLCode("InvalidPartOrder", "parts out of order", .resume, "report this as a bug"),
        XMLCode("EntityTooSmall", "a part is too short", .refuse, "use longer parts"),
        XMLCode("EntityTooLarge", "the body is too long", .refuse, "use shorter parts"),
        XMLCode("KeyTooLong", "the key is too long", .refuse, "choose a shorter key"),
        XMLCode("KeyTooLongError", "the key is too long", .refuse, "choose a shorter key"),
        XMLCode(
            "MissingContentLength", "no Content-Length arrived", .refuse, "check that no proxy removes it"),
        XMLCode("MethodNotAllowed", "the store does not allow this", .refuse, "check bucket and endpoint"),
        XMLCode(
            "OperationAborted", "another operation is under way", .retry, "run the same command again later"),
        XMLCode("SlowDown", "too many requests", .retry, "run the same command again later"),
        XMLCode(
            "ServiceUnavailable", "the service is overloaded", .retry, "run the same command again later"),
        XMLCode("InternalError", "error inside the service", .retry, "run the same command again later"),
        XMLCode("RequestTimeout", "the body came too slowly", .retry, "check the network"),
    ]

    private init(_ name: String, _ meaning: String, _ reaction: Reaction, _ hint: String) {
        self.name = name
        self.meaning = meaning
        self.reaction = reaction
        self.hint = hint
    }
}
