/// The fields a signature covers.
package struct SignatureFields: Hashable, Sendable {
    /// `a`, the account's number as text.
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
    /// `b`, the bucket's bare name.
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

    /// The text that is signed.
    var plain: String {
        "a=\(appID)&k=\(secretID)&e=\(expiry)&t=\(time)&r=\(nonce)&f=\(fileID)&b=\(bucket)"
    }

    /// Reads the text in any order of its fields; nil where one is missing, twice there or not of its form.
    init?(plain: [UInt8]) {
        var values: [String: String] = [:]
        for field in plain.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            guard let sign = field.firstIndex(of: UInt8(ascii: "=")),
                let name = String(validating: field[..<sign], as: UTF8.self),
                let value = String(validating: field[field.index(after: sign)...], as: UTF8.self),
                values.updateValue(value, forKey: name) == nil
            else { return nil }
        }
        guard let appID = values["a"], let secretID = values["k"], let expiry = values["e"].flatMap(seconds),
            let time = values["t"].flatMap(seconds), let nonce = values["r"], isNonce(nonce),
            let fileID = values["f"], let bucket = values["b"]
        else { return nil }
        self.init(
            appID: appID, secretID: secretID, expiry: expiry, time: time, nonce: nonce, fileID: fileID,
            bucket: bucket)
    }
}

private func seconds(_ text: String) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(text)
}

private func isNonce(_ text: String) -> Bool {
    (1...10).contains(text.utf8.count) && text.utf8.allSatisfy { (48...57).contains($0) }
}
