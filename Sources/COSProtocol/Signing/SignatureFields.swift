/// The fields that a signature covers.
package struct SignatureFields: Hashable, Sendable {
    /// `a`, the appid as text.
    package var appID: String
    /// `k`.
    package var secretID: String
    /// `e`, Unix seconds; 0 in a single-use signature.
    package var expiry: Int64
    /// `t`, Unix seconds.
    package var time: Int64
    /// `r`, at most ten digits.
    package var nonce: String
    /// `f`: empty, a prefix, or `/appid/bucket/<encoded path>`.
    package var fileID: String
    /// `b`, the bucket's name without the appid.
    package var bucket: String

    package init(
        appID: String, secretID: String, expiry: Int64, time: Int64, nonce: String, fileID: String,
        bucket: String
    ) {
        self.appID = appID
        self.secretID = secretID
        self.expiry = expiry
        self.time = time
        self.nonce = nonce
        self.fileID = fileID
        self.bucket = bucket
    }

    /// The signed text.
    var plain: String {
        "a=\(appID)&k=\(secretID)&e=\(expiry)&t=\(time)&r=\(nonce)&f=\(fileID)&b=\(bucket)"
    }
}
