/// What no message or receipt may repeat, although the service may: a request's signature and its pair.
///
/// A reply can hold the request it answers, whole or cut, with `/` escaped or percent-encoded. So any run of
/// ``fragmentLength`` bytes that a hidden text has is taken out, not only the whole.
package struct HiddenText: Sendable {
    /// How much of a hidden text is too much to show. **Unit**: bytes; 12 of base64 hold 9 of a secret.
    static let fragmentLength = 12
    /// A hidden text shorter than this is looked for nowhere: it would be found everywhere.
    static let leastLength = 6
    /// How much is kept of any text of the service. **Unit**: bytes.
    package static let keptLength = 4096

    private static let replacement = Array("(hidden)".utf8)

    private let texts: [[UInt8]]
    /// Texts that are taken out only whole: their parts are no secrets.
    private let wholes: [[UInt8]]

    /// Hides nothing.
    package static let nothing = HiddenText(texts: [], wholes: [])

    private init(texts: [[UInt8]], wholes: [[UInt8]]) {
        self.texts = texts.filter { $0.count >= Self.leastLength }
        self.wholes = wholes
    }

    /// Hides `signature` in every form, what it signs, and the pair.
    package init(_ signature: Signature?, of credentials: Credentials) {
        var texts = [credentials.secretID, credentials.secretKey]
        if let signature {
            texts.append(signature.text)
            texts.append(PathEncoding.encoded(signature.text.utf8))
            let pieces = signature.text.split(separator: "/", omittingEmptySubsequences: false)
            texts.append(pieces.joined(separator: #"\/"#))
        }
        self.init(texts: texts.map { Array($0.utf8) }, wholes: signature.map { [$0.plain] } ?? [])
    }

    /// `text` without what is hidden, cut after ``keptLength``.
    package func removed(from text: String) -> String {
        let bytes = Array(text.utf8.prefix(Self.keptLength))
        let kept = removed(from: bytes)
        return kept == bytes && bytes.count == text.utf8.count ? text : String(decoding: kept, as: UTF8.self)
    }

    /// `bytes` without what is hidden. **Cost**: their length times that of the hidden texts.
    package func removed(from bytes: [UInt8]) -> [UInt8] {
        guard !texts.isEmpty else { return bytes }
        var isHidden = [Bool](repeating: false, count: bytes.count)
        for text in texts { mark(runs: min(Self.fragmentLength, text.count), of: text, in: bytes, &isHidden) }
        for text in wholes { mark(runs: text.count, of: text, in: bytes, &isHidden) }
        guard isHidden.contains(true) else { return bytes }
        var kept: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if !isHidden[index] {
                kept.append(byte)
            } else if index == 0 || !isHidden[index - 1] {
                kept.append(contentsOf: Self.replacement)
            }
        }
        return kept
    }

    private func mark(runs length: Int, of text: [UInt8], in bytes: [UInt8], _ isHidden: inout [Bool]) {
        guard length > 0, text.count >= length, bytes.count >= length else { return }
        for start in 0...(bytes.count - length) {
            for place in 0...(text.count - length)
            where text[place] == bytes[start]
                && text[place..<(place + length)].elementsEqual(bytes[start..<(start + length)])
            {
                for index in start..<(start + length) { isHidden[index] = true }
                break
            }
        }
    }
}
