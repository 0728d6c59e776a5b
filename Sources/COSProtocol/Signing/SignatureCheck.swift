import ServiceCore

/// The service's side of a signature: what the emulator asks before anything else.
package struct SignatureCheck: Sendable {
    /// The account's number in the request's path, as text.
    package let appID: String
    /// The bucket in the request's path.
    package let bucket: String
    /// `/appid/bucket/<encoded path>` of the request.
    package let fileID: String
    /// Unix seconds.
    package let now: Int64

    /// Why a signature is refused.
    package enum Refusal: Error, Hashable, Sendable {
        /// There is none.
        case empty
        /// Not base64, too short, or its fields do not read.
        case malformed
        /// `a` is not the path's account.
        case otherAppID
        /// `k` is not the pair's.
        case unknownSecretID
        /// The code is not that of these fields under the pair's key.
        case codeDiffers
        /// Now is not before `e`, or `t` lies too far ahead, or `e` does.
        case expired
        /// `b` is not the path's bucket.
        case otherBucket
        /// `f` does not cover the request's path.
        case otherFile
        /// A single-use signature where a multi-use one is wanted, or the reverse.
        case wrongUse
    }

    package init(appID: String, bucket: String, fileID: String, now: Int64) {
        self.appID = appID
        self.bucket = bucket
        self.fileID = fileID
        self.now = now
    }

    /// Checks the text of `Authorization`.
    ///
    /// - Throws: ``Refusal``, the first thing wrong.
    package func fields(
        of text: String, credentials: Credentials, singleUse: Bool
    ) throws(Refusal) -> SignatureFields {
        guard !text.isEmpty else { throw .empty }
        guard let bytes = Base64.decoded(text), bytes.count > HMAC.sha1Length else { throw .malformed }
        let plain = Array(bytes[HMAC.sha1Length...])
        guard let fields = SignatureFields(plain: plain) else { throw .malformed }
        guard fields.appID.utf8.elementsEqual(appID.utf8) else { throw .otherAppID }
        guard fields.secretID.utf8.elementsEqual(credentials.secretID.utf8) else { throw .unknownSecretID }
        let code = HMAC.sha1(of: plain, key: Array(credentials.secretKey.utf8))
        guard HMAC.equal(code, Array(bytes[..<HMAC.sha1Length])) else { throw .codeDiffers }
        guard fields.bucket.utf8.elementsEqual(bucket.utf8) else { throw .otherBucket }
        if singleUse {
            guard fields.expiry == 0 else { throw .wrongUse }
            guard fields.fileID.utf8.elementsEqual(fileID.utf8) else { throw .otherFile }
        } else {
            guard fields.expiry != 0 else { throw .wrongUse }
            guard fields.expiry > fields.time, fields.expiry > now,
                fields.expiry - fields.time <= Signature.longestLifetime + 86_400
            else { throw .expired }
            guard covers(fields.fileID) else { throw .otherFile }
        }
        return fields
    }

    /// Whether `f` is empty or begins the request's file id.
    private func covers(_ signed: String) -> Bool {
        signed.utf8.count <= fileID.utf8.count
            && fileID.utf8.prefix(signed.utf8.count).elementsEqual(signed.utf8)
    }
}
