/// Removes secrets from the service's texts before they are shown or stored: the request's signature, the
/// credentials and their session token.
///
/// A reply may repeat the request, complete or truncated, with `/` escaped or percent-encoded. Therefore
/// every run of ``fragmentLength`` bytes of a hidden text is removed, not only the whole text.
package struct Redactor: Sendable {
    /// The shortest run of a hidden text that is removed.
    ///
    /// **Unit**: bytes; 12 of base64 contain 9 of a secret.
    static let fragmentLength = 12
    /// Shorter hidden texts are not searched for: they would match everywhere.
    static let minimumLength = 6
    /// How much of any text from the service is kept.
    ///
    /// **Unit**: bytes.
    package static let keptLength = 4096

    private static let replacement = Array("(hidden)".utf8)

    /// A text to search for.
    private struct Form {
        let bytes: [UInt8]
        /// Whether runs of it are removed as well; the parts of a signed text are not secret.
        var inRuns = true
        /// The text is searched for only if this byte occurs: most replies contain neither form.
        var mark: UInt8?
    }

    private let forms: [Form]

    /// Hides nothing.
    package static let nothing = Redactor(forms: [])

    private init(forms: [Form]) {
        self.forms = forms.filter { $0.bytes.count >= Self.minimumLength }
    }

    /// Hides the credentials, `signatures` and `signedTexts`.
    ///
    /// - Parameters:
    ///   - credentials: the credentials, including their token.
    ///   - signatures: texts that authorize on their own; hidden in every form and in runs.
    ///   - signedTexts: signed texts; hidden only as a whole, because their parts, such as the path, are not
    ///     secret.
    package init(credentials: Credentials, signatures: [String], signedTexts: [[UInt8]] = []) {
        self.init(
            secrets: [credentials.secretID, credentials.secretKey],
            authorizing: (credentials.sessionToken.map { [$0] } ?? []) + signatures, signedTexts: signedTexts)
    }

    /// Hides a secret id, `signatures` and `signedTexts`, if the secret key is not known.
    package init(secretID: String, signatures: [String], signedTexts: [[UInt8]]) {
        self.init(secrets: [secretID], authorizing: signatures, signedTexts: signedTexts)
    }

    private init(secrets: [String], authorizing: [String], signedTexts: [[UInt8]]) {
        var forms: [Form] = []
        for text in secrets + authorizing {
            forms.append(Form(bytes: Array(text.utf8)))
            forms.append(Form(bytes: Array(text.utf8), inRuns: false))
        }
        for text in authorizing { forms.append(contentsOf: Self.escapedForms(of: text)) }
        for text in signedTexts { forms.append(Form(bytes: text, inRuns: false, mark: UInt8(ascii: "="))) }
        self.init(forms: forms)
    }

    /// The forms of `text` in JSON and URLs: `/` escaped, or everything but unreserved characters
    /// percent-encoded.
    private static func escapedForms(of text: String) -> [Form] {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        let encoded = pieces.map { PathEncoding.encoded($0.utf8) }
        return [
            Form(bytes: Array(pieces.joined(separator: #"\/"#).utf8), mark: UInt8(ascii: #"\"#)),
            Form(bytes: Array(encoded.joined(separator: "/").utf8), mark: UInt8(ascii: "%")),
            Form(bytes: Array(encoded.joined(separator: "%2F").utf8), mark: UInt8(ascii: "%")),
        ]
    }

    /// `text` without hidden parts, truncated after ``keptLength``.
    package func removed(from text: String) -> String {
        let bytes = Array(text.utf8.prefix(Self.keptLength))
        let kept = removed(from: bytes)
        return kept == bytes && bytes.count == text.utf8.count ? text : String(decoding: kept, as: UTF8.self)
    }

    /// `bytes` without hidden parts.
    ///
    /// **Cost**: the product of their length and that of the hidden texts.
    package func removed(from bytes: [UInt8]) -> [UInt8] {
        guard !forms.isEmpty else { return bytes }
        var isHidden = [Bool](repeating: false, count: bytes.count)
        for form in forms where form.mark.map(bytes.contains) ?? true {
            let length = form.inRuns ? Self.fragmentLength : form.bytes.count
            mark(runs: min(length, form.bytes.count), of: form.bytes, in: bytes, &isHidden)
        }
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
        for place in 0...(text.count - length) {
            let run = text[place..<(place + length)]
            // Runs of one repeated character also occur in numbers and reveal nothing.
            if length < text.count, run.allSatisfy({ $0 == run.first }) { continue }
            for start in 0...(bytes.count - length)
            where bytes[start] == run.first && bytes[start..<(start + length)].elementsEqual(run) {
                for index in start..<(start + length) { isHidden[index] = true }
            }
        }
    }
}

extension Redactor: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "hidden text (not shown)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
