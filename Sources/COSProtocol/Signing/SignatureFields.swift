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

    /// Reads a signed text, whatever the order of its fields; nil if one is missing, repeated or unknown.
    init?(reading plain: [UInt8]) {
        var values: [UInt8: String] = [:]
        for field in plain.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard let name = field.first, field.dropFirst().first == UInt8(ascii: "="),
                Self.names.contains(name),
                values.updateValue(String(decoding: field.dropFirst(2), as: UTF8.self), forKey: name) == nil
            else { return nil }
        }
        guard let appID = values[UInt8(ascii: "a")], let secretID = values[UInt8(ascii: "k")],
            let expiry = values[UInt8(ascii: "e")].flatMap({ Int64($0) }),
            let time = values[UInt8(ascii: "t")].flatMap({ Int64($0) }),
            let nonce = values[UInt8(ascii: "r")], let fileID = values[UInt8(ascii: "f")],
            let bucket = values[UInt8(ascii: "b")]
        else { return nil }
        self.init(
            appID: appID, secretID: secretID, expiry: expiry, time: time, nonce: nonce, fileID: fileID,
            bucket: bucket)
    }

    private static let names = Array("aketrfb".utf8)

    /// The signed text.
    var plain: String {
        "a=\(appID)&k=\(secretID)&e=\(expiry)&t=\(time)&r=\(nonce)&f=\(fileID)&b=\(bucket)"
    }
}
