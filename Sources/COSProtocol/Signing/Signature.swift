import PlanCore
import ServiceCore

/// The value of `Authorization`: base64 of an HMAC-SHA1 and the fields it covers.
///
/// The covered text is `a=<appid>&k=<secret id>&e=<expiry>&t=<now>&r=<random>&f=<file id>&b=<bucket>`, the
/// key is the secret key. A signature must not be shown: whoever has it can use it until it expires.
/// **Source**: the signature page.
public struct Signature: Sendable {
    /// The default validity of a multi-use signature.
    ///
    /// **Unit**: seconds; the default of the vendor SDKs.
    public static let usualLifetime: Int64 = 300
    /// The maximum validity.
    ///
    /// **Unit**: seconds; three months.
    package static let longestLifetime: Int64 = 90 * 86_400

    /// The value of the header.
    public let text: String
    /// The fields it covers.
    let plain: [UInt8]

    /// A multi-use signature for this object, as used by init, data, list, finish, upload and stat.
    ///
    /// `now` is in Unix seconds.
    public static func multiUse(
        _ credentials: Credentials, target: JSONTarget, key: ObjectKey, now: Int64,
        lifetime: Int64 = usualLifetime, nonce: UInt32
    ) -> Signature {
        Signature(
            fields: SignatureFields(
                appID: String(target.appID.number), secretID: credentials.secretID, expiry: now + lifetime,
                time: now, nonce: String(nonce), fileID: FileID(target: target, key: key).text,
                bucket: target.bucket.name),
            credentials: credentials)
    }

    /// A single-use signature for this object, as used by delete.
    package static func singleUse(
        _ credentials: Credentials, target: JSONTarget, key: ObjectKey, now: Int64, nonce: UInt32
    ) -> Signature {
        Signature(
            fields: SignatureFields(
                appID: String(target.appID.number), secretID: credentials.secretID, expiry: 0, time: now,
                nonce: String(nonce), fileID: FileID(target: target, key: key).text,
                bucket: target.bucket.name),
            credentials: credentials)
    }

    /// Signs the fields, written in the order a, k, e, t, r, f, b.
    package init(fields: SignatureFields, credentials: Credentials) {
        self.init(plain: fields.plain, credentials: credentials)
    }

    /// Signs a text unchanged.
    package init(plain: String, credentials: Credentials) {
        self.plain = Array(plain.utf8)
        let code = HMAC.sha1(of: self.plain, key: Array(credentials.secretKey.utf8))
        text = Base64.encoded(code + self.plain)
    }
}

extension Signature: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text without the signature.
    public var description: String { "signature (not shown)" }
    /// A fixed text without the signature.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redactor {
    /// Hides `signature` in every form, the text it signs, and the credentials.
    package init(_ signature: Signature?, of credentials: Credentials) {
        self.init(
            credentials: credentials, signatures: signature.map { [$0.text] } ?? [],
            signedTexts: signature.map { [$0.plain] } ?? [])
    }
}
