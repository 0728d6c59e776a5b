import PlanCore

/// Writes one document: its header, the entry of each file, and the end.
///
/// Entries are independent, so they can be produced in any order. **Shape**: UTF-8, LF; the same input gives
/// the same bytes. **Cost**: about 150 bytes per part.
public struct ManifestWriter: Hashable, Sendable {
    /// YAML or JSON.
    package let format: ManifestFormat
    /// The header of the document.
    package let document: DocumentHeader

    /// Creates a writer for one document.
    public init(format: ManifestFormat, document: DocumentHeader) {
        self.format = format
        self.document = document
    }

    /// The whole document.
    ///
    /// - Precondition: every file has the document's kind of `datasha`, and checksums only if the document
    ///   allows them.
    public func manifest(of files: [PlannedFile]) -> [UInt8] {
        var text = header
        for (index, file) in files.enumerated() {
            if index > 0 { text += separator }
            text += entry(file)
        }
        return text + footer(fileCount: files.count)
    }

    /// The text before the first entry.
    package var header: [UInt8] {
        switch format {
        case .yaml: Array(yamlHeader.utf8)
        case .json: Array(jsonHeader.utf8)
        }
    }

    /// The text between two entries.
    package var separator: [UInt8] {
        switch format {
        case .yaml: []
        case .json: [UInt8(ascii: ","), UInt8(ascii: "\n")]
        }
    }

    /// The text after the last entry, if there were `fileCount` entries.
    package func footer(fileCount: Int) -> [UInt8] {
        switch format {
        case .yaml: fileCount == 0 ? Array("  []\n".utf8) : []
        case .json: Array(fileCount == 0 ? "  ]\n}\n".utf8 : "\n  ]\n}\n".utf8)
        }
    }

    /// The entry of one file.
    ///
    /// - Precondition: the file has the document's kind of `datasha`, and checksums only if the document
    ///   allows them.
    package func entry(_ file: PlannedFile) -> [UInt8] {
        precondition(file.datashaKind == document.datashaKind, "one document has one kind of datasha")
        precondition(
            document.hasChecksums || file.checksums.isEmpty, "the document's version allows checksums")
        var text: [UInt8] = []
        text.reserveCapacity(600 + file.parts.count * 160)
        text.append(file, in: format == .yaml ? .yaml : .json)
        return text
    }

    /// The line that says what a manifest is for.
    static let comment: StaticString =
        "# cosplan manifest. Check it: cosplan verify FILE   Upload it: cosplan push FILE\n"

    private var yamlHeader: String {
        let target = targetFields.isEmpty ? "" : "target: {\(yaml(targetFields))}\n"
        let shard = document.shard.map { "shard: {\(yaml(Self.fields(of: $0)))}\n" } ?? ""
        return """
            ---
            \(Self.comment)cosplan: \(document.version)
            datasha: \(document.datashaKind.rawValue)
            \(target)\(shard)files:

            """
    }

    private var jsonHeader: String {
        let target = targetFields.isEmpty ? "" : "  \"target\": {\(json(targetFields))},\n"
        let shard = document.shard.map { "  \"shard\": {\(json(Self.fields(of: $0)))},\n" } ?? ""
        return """
            {
              "cosplan": \(document.version),
              "datasha": "\(document.datashaKind.rawValue)",
            \(target)\(shard)  "files": [

            """
    }

    /// A field of a mapping in the header; no value can contain a character that needs an escape.
    private struct Field {
        let name: String
        let value: String
        var form = Form.word

        enum Form {
            /// Plain if every YAML reader interprets it as text.
            case word
            /// Always quoted.
            case quoted
            case number
        }
    }

    private var targetFields: [Field] {
        let target = document.target
        let api = target.api == .json ? nil : target.api
        return [
            api.map { Field(name: "api", value: $0.rawValue) },
            target.endpoint.map { Field(name: "endpoint", value: $0.description, form: .quoted) },
            target.addressing.map { Field(name: "addressing", value: $0.rawValue) },
            target.region.map { Field(name: "region", value: $0.name) },
            target.appID.map { Field(name: "appid", value: String($0.number), form: .number) },
            target.bucket.map { Field(name: "bucket", value: $0.name) },
        ].compactMap { $0 }
    }

    private static func fields(of shard: Shard) -> [Field] {
        [
            Field(name: "index", value: String(shard.index), form: .number),
            Field(name: "of", value: String(shard.count), form: .number),
            Field(name: "list", value: shard.list.text, form: .quoted),
            Field(name: "entries", value: shard.entries.text, form: .quoted),
        ]
    }

    private func yaml(_ fields: [Field]) -> String {
        fields.map { field in
            let isPlain =
                switch field.form {
                case .number: true
                case .quoted: false
                case .word: !PlainScalar.readsAsOtherThanText(Array(field.value.utf8))
                }
            return "\(field.name): " + (isPlain ? field.value : "'\(field.value)'")
        }
        .joined(separator: ", ")
    }

    private func json(_ fields: [Field]) -> String {
        fields.map { "\"\($0.name)\": " + ($0.form == .number ? $0.value : "\"\($0.value)\"") }
            .joined(separator: ", ")
    }
}

/// The two formats of a manifest.
///
/// Both hold the same tree.
public enum ManifestFormat: String, Hashable, Sendable, CaseIterable {
    /// YAML; documents can be concatenated.
    case yaml
    /// JSON (RFC 8259); one value.
    case json

    /// Whether a file that begins with `bytes` looks like a manifest, in either format.
    ///
    /// Looks for the comment that every YAML manifest begins with, and for the field `cosplan`, anywhere in `bytes`.
    package static func isBeginning(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return ["# cosplan manifest.", "cosplan: ", "\"cosplan\":"].contains { text.contains($0) }
    }
}
