/// Removes from the service's texts what no message or receipt may repeat: a request's signature, the pair
/// and its session token.
///
/// A reply can hold the request it answers, whole or cut, with `/` escaped or percent-encoded. So any run of
/// ``fragmentLength`` bytes that a hidden text has is taken out, not only the whole.
package struct Redactor: Sendable {
    /// How much of a hidden text is too much to show. **Unit**: bytes; 12 of base64 hold 9 of a secret.
    static let fragmentLength = 12
    /// A hidden text shorter than this is looked for nowhere: it would be found everywhere.
    static let leastLength = 6
    /// How much is kept of any text of the service. **Unit**: bytes.
    package static let keptLength = 4096

    private static let replacement = Array("(hidden)".utf8)

    /// A text to look for.
    private struct Form {
        let bytes: [UInt8]
        /// Whether a run of it counts, too: the parts of what a signature covers are no secrets.
        var inRuns = true
        /// The text is looked for only where this byte stands: most replies are short and hold neither.
        var mark: UInt8?
    }

    private let forms: [Form]

    /// Hides nothing.
    package static let nothing = Redactor(forms: [])

    private init(forms: [Form]) {
        self.forms = forms.filter { $0.bytes.count >= Self.leastLength }
    }

    /// Hides the pair and its session token, `signatures` and `signedTexts`.
    ///
    /// - Parameters:
    ///   - credentials: the pair, and its token where it has one.
    ///   - signatures: texts that authorize by themselves, hidden in every form and in runs.
    ///   - signedTexts: texts that only hold what was signed, hidden as a whole: their parts, such as the
    ///   path, are
    ///     no secrets.
    package init(credentials: Credentials, signatures: [String], signedTexts: [[UInt8]] = []) {
        var forms: [Form] = []
        let token = credentials.sessionToken.map { [$0] } ?? []
        for text in [credentials.secretID, credentials.secretKey] + token + signatures {
            forms.append(Form(bytes: Array(text.utf8)))
            forms.append(Form(bytes: Array(text.utf8), inRuns: false))
        }
        for text in token + signatures { forms.append(contentsOf: Self.escapedForms(of: text)) }
        for text in signedTexts { forms.append(Form(bytes: text, inRuns: false, mark: UInt8(ascii: "="))) }
        self.init(forms: forms)
    }

    /// `text` as JSON and URLs may write it: `/` escaped, or everything but unreserved characters encoded.
    private static func escapedForms(of text: String) -> [Form] {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        let encoded = pieces.map { PathEncoding.encoded($0.utf8) }
        return [
            Form(bytes: Array(pieces.joined(separator: #"\/"#).utf8), mark: UInt8(ascii: #"\"#)),
            Form(bytes: Array(encoded.joined(separator: "/").utf8), mark: UInt8(ascii: "%")),
            Form(bytes: Array(encoded.joined(separator: "%2F").utf8), mark: UInt8(ascii: "%")),
        ]
    }

    /// `text` without what is hidden, cut after ``keptLength``.
    package func removed(from text: String) -> String {
        let bytes = Array(text.utf8.prefix(Self.keptLength))
        let kept = removed(from: bytes)
        return kept == bytes && bytes.count == text.utf8.count ? text : String(decoding: kept, as: UTF8.self)
    }

    /// `bytes` without what is hidden. **Cost**: their length times that of the hidden texts.
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
            // Many zeros in a row stand in numbers, too, and tell nothing.
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
