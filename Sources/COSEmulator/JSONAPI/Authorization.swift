import COSProtocol
import PlanCore
import ServiceCore
import Synchronization

/// Checks the JSON API's signatures and remembers single-use signatures.
///
/// A class, because requests share it.
///
/// It does not use the signer's code, so that a bug there is not repeated here. **Source**: the signature
/// page.
final class Authorization: Sendable {
    private let credentials: Credentials
    private let limits: EmulatorLimits
    /// The SHA-1 of the single-use signatures seen; the signatures themselves may be long.
    private let used = Mutex<Set<Digest>>([])

    init(credentials: Credentials, limits: EmulatorLimits) {
        self.credentials = credentials
        self.limits = limits
    }

    /// Checks the value of `Authorization`, or of the query's `sign`.
    ///
    /// - Throws: ``Refusal`` for the first problem; it never contains the signature.
    func check(
        _ signature: String, for address: ObjectAddress, _ operation: ServiceOperation?, now: Int64
    ) throws(Refusal) {
        guard !signature.isEmpty else {
            throw Refusal(.noSignature, "neither a header Authorization nor sign in the query")
        }
        guard let signed = SignedText(signature) else {
            throw Refusal(.signatureRefused, "the signature does not read")
        }
        guard signed.appID.elementsEqual(address.accountName.utf8) else {
            throw Refusal(.wrongAppID, "a is not the appid of the path")
        }
        guard signed.secretID.elementsEqual(credentials.secretID.utf8) else {
            throw Refusal(.unknownSecretID, "k is not the emulator's secret id")
        }
        guard signed.isSigned(with: credentials.secretKey) else {
            throw Refusal(.signatureRefused, "the HMAC is not that of the fields under the key")
        }
        guard signed.bucket.elementsEqual(address.bucket.name.utf8) else {
            throw Refusal(.signatureRefused, "b is not the bucket of the path")
        }
        if operation == .delete {
            try checkSingleUse(signed, signature, address, now)
        } else {
            try checkMultiUse(signed, address, now)
        }
    }

    private func checkSingleUse(
        _ signed: SignedText, _ signature: String, _ address: ObjectAddress, _ now: Int64
    ) throws(Refusal) {
        guard signed.expiry == 0 else { throw Self.wrongUse }
        guard signed.fileID.elementsEqual(address.resourcePath.utf8) else { throw Self.otherFile }
        try checkTime(signed, now)
        let digest = SHA1Stream.digest(of: Array(signature.utf8))
        let isNew = used.withLock { $0.count < 1_000_000 && $0.insert(digest).inserted }
        guard isNew else { throw Refusal(.signatureRefused, "a signature for one use was used before") }
    }

    private func checkMultiUse(
        _ signed: SignedText, _ address: ObjectAddress, _ now: Int64
    ) throws(Refusal) {
        guard signed.expiry != 0 else { throw Self.wrongUse }
        guard signed.expiry > signed.time, signed.expiry > now else {
            throw Refusal(.signatureExpired, "e is not after t, or passed; now is \(now)")
        }
        guard Self.covers(signed.fileID, address.resourcePath) else { throw Self.otherFile }
        try checkTime(signed, now)
        guard signed.expiry - signed.time <= limits.signatureSeconds else {
            throw Refusal(.signatureExpired, "e is more than \(limits.signatureSeconds) seconds after t")
        }
    }

    private func checkTime(_ signed: SignedText, _ now: Int64) throws(Refusal) {
        guard signed.time - limits.clockToleranceSeconds <= now else {
            throw Refusal(.signatureExpired, "t is \(signed.time - now) seconds ahead of this clock")
        }
    }

    /// Whether a multi-use signature with this `f` opens a path: the path itself, one in the folder that `f` names with a
    /// `/` at its end, or any if `f` is empty.
    ///
    /// **Source**: the signature page says that `f` may be a prefix, but not where it may end. This is the strictest reading.
    private static func covers(_ fileID: [UInt8], _ path: String) -> Bool {
        guard let last = fileID.last else { return true }
        return last == UInt8(ascii: "/")
            ? path.utf8.starts(with: fileID) : path.utf8.elementsEqual(fileID)
    }

    private static let otherFile = Refusal(.signatureRefused, "f does not cover the path")
    private static let wrongUse = Refusal(
        .signatureRefused, "e is 0 for delete, which takes a signature for one use, and only there")
}

/// A parsed signature: its code, the text that the code covers, and the text's fields.
struct SignedText: Hashable {
    private let code: ArraySlice<UInt8>
    private let plain: ArraySlice<UInt8>
    /// `a`.
    let appID: ArraySlice<UInt8>
    /// `k`.
    let secretID: ArraySlice<UInt8>
    /// `e`, Unix seconds; 0 for a single-use signature.
    let expiry: Int64
    /// `t`, Unix seconds.
    let time: Int64
    /// `f`, decoded, because SDKs encode the same path in several ways.
    let fileID: [UInt8]
    /// `b`.
    let bucket: ArraySlice<UInt8>

    /// The length of the code.
    ///
    /// **Unit**: bytes.
    private static let codeLength = HMAC.sha1Length
    /// The number of digits `r` may have: one SDK sends a random 64-bit number.
    private static let nonceDigits = 1...20

    /// Parses base64 of the code and the fields, in any order; nil if a field is missing, repeated or
    /// malformed.
    init?(_ signature: String) {
        guard let bytes = Base64.decoded(signature), bytes.count > Self.codeLength else { return nil }
        code = bytes[..<Self.codeLength]
        plain = bytes[Self.codeLength...]
        var values: [ArraySlice<UInt8>: ArraySlice<UInt8>] = [:]
        for field in plain.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")),
                values.updateValue(field[(equals + 1)...], forKey: field[..<equals]) == nil
            else { return nil }
        }
        func value(_ name: String) -> ArraySlice<UInt8>? { values[ArraySlice(name.utf8)] }
        guard let appID = value("a"), let secretID = value("k"),
            let expiry = value("e").flatMap(DecimalNumber.read),
            let time = value("t").flatMap(DecimalNumber.read), let nonce = value("r"),
            Self.nonceDigits.contains(nonce.count), nonce.allSatisfy(\.isDecimalDigit),
            let fileID = value("f").flatMap({ PathEncoding.decoded(String(decoding: $0, as: UTF8.self)) }),
            let bucket = value("b")
        else { return nil }
        self.appID = appID
        self.secretID = secretID
        self.expiry = expiry
        self.time = time
        self.fileID = fileID
        self.bucket = bucket
    }

    /// Whether the code is the HMAC-SHA1 of the text with that key.
    func isSigned(with key: String) -> Bool {
        HMAC.equal(HMAC.sha1(of: Array(plain), key: Array(key.utf8)), Array(code))
    }
}
