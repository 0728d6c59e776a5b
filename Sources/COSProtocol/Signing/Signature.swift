import PlanCore
import ServiceCore

/// The value of `Authorization`: base64 of an HMAC-SHA1 and the fields it covers.
///
/// `a=<appid>&k=<secret id>&e=<expiry>&t=<now>&r=<random>&f=<file id>&b=<bucket>`, keyed with the secret key.
/// Nothing that prints it shows it: whoever has it can act until it expires.
/// **Source**: the signature page.
public struct Signature: Sendable {
    /// How long a multi-use signature is valid by default. **Unit**: seconds; the usual value of vendor SDKs.
    public static let usualLifetime: Int64 = 300
    /// How long one may be valid. **Unit**: seconds; three months.
    public static let longestLifetime: Int64 = 90 * 86_400

    /// The header's text.
    package let text: String
    /// The fields it covers.
    let plain: [UInt8]

    /// One that init, data, list, finish, upload and stat take, for this one object.
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

    /// One that delete takes: valid once, for this one object.
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

    /// Signs fields as they are, written in the order a, k, e, t, r, f, b.
    package init(fields: SignatureFields, credentials: Credentials) {
        self.init(plain: fields.plain, credentials: credentials)
    }

    /// Signs a text as it is.
    package init(plain: String, credentials: Credentials) {
        self.plain = Array(plain.utf8)
        let code = HMAC.sha1(of: self.plain, key: Array(credentials.secretKey.utf8))
        text = Base64.encoded(code + self.plain)
    }
}

extension Signature: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "signature (not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Redactor {
    /// Hides `signature` in every form, what it signs, and the pair.
    package init(_ signature: Signature?, of credentials: Credentials) {
        self.init(
            credentials: credentials, signatures: signature.map { [$0.text] } ?? [],
            signedTexts: signature.map { [$0.plain] } ?? [])
    }
}
