/// Tells keys that look like a secret's.
enum SecretKeys {
    private static let words: [[UInt8]] = [
        "secret", "password", "passwd", "passphrase", "token", "credential", "signature", "authorization",
        "accesskey", "apikey", "privatekey",
    ].map { Array($0.utf8) }

    /// Whether `key` holds one of the words that name secrets, whatever its case and its `_`, `-`, `.` or
    /// blanks.
    static func resembles(_ key: [UInt8]) -> Bool {
        let letters = key.prefix(256).map { $0 | 0x20 }.filter { $0 >= 0x61 && $0 <= 0x7a }
        guard letters.count >= 5 else { return false }
        return words.contains { word in
            letters.indices.contains { letters[$0...].starts(with: word) }
        }
    }
}
