import PlanCore

/// Writes one document: ``header``, then each file's ``entry(_:)`` with ``separator`` between them, then
/// ``footer(fileCount:)``.
///
/// The pieces don't depend on each other, so entries can be made in any order and kept until the file's turn
/// comes. **Shape**: UTF-8, LF; the same input gives the same bytes. **Cost**: about 150 bytes a part.
public struct ManifestWriter: Hashable, Sendable {
    /// YAML or JSON.
    public let format: ManifestFormat
    /// What the document says beside its files.
    public let document: DocumentHeader

    /// A writer of one document.
    public init(format: ManifestFormat, document: DocumentHeader) {
        self.format = format
        self.document = document
    }

    /// The whole document.
    ///
    /// - Precondition: every file has the document's kind of `datasha`.
    public func manifest(of files: [PlannedFile]) -> [UInt8] {
        var text = header
        for (index, file) in files.enumerated() {
            if index > 0 { text += separator }
            text += entry(file)
        }
        return text + footer(fileCount: files.count)
    }

    /// What comes before the first entry.
    public var header: [UInt8] {
        switch format {
        case .yaml: Array(yamlHeader.utf8)
        case .json: Array(jsonHeader.utf8)
        }
    }

    /// What comes between two entries.
    public var separator: [UInt8] {
        switch format {
        case .yaml: []
        case .json: [UInt8(ascii: ","), UInt8(ascii: "\n")]
        }
    }

    /// What comes after the last entry, if there were `fileCount` of them.
    public func footer(fileCount: Int) -> [UInt8] {
        switch format {
        case .yaml: fileCount == 0 ? Array("  []\n".utf8) : []
        case .json: Array(fileCount == 0 ? "  ]\n}\n".utf8 : "\n  ]\n}\n".utf8)
        }
    }

    /// One file.
    ///
    /// - Precondition: the file has the document's kind of `datasha`.
    public func entry(_ file: PlannedFile) -> [UInt8] {
        precondition(file.datashaKind == document.datashaKind, "one document has one kind of datasha")
        var text: [UInt8] = []
        text.reserveCapacity(600 + file.parts.count * 160)
        switch format {
        case .yaml: text.appendYAML(file)
        case .json: text.appendJSON(file)
        }
        return text
    }

    private var yamlHeader: String {
        let target = targetFields.isEmpty ? "" : "target: {\(yamlTarget)}\n"
        return """
            ---
            # cosplan manifest. Check it: cosplan verify FILE   Upload it: cosplan push FILE
            cosplan: 1
            datasha: \(document.datashaKind.rawValue)
            \(target)files:

            """
    }

    private var jsonHeader: String {
        let target = targetFields.isEmpty ? "" : "  \"target\": {\(jsonTarget)},\n"
        return """
            {
              "cosplan": 1,
              "datasha": "\(document.datashaKind.rawValue)",
            \(target)  "files": [

            """
    }

    /// The target's fields; none of them can hold a character that would need an escape.
    private var targetFields: [(name: String, value: String, isNumber: Bool)] {
        let target = document.target
        return [
            target.region.map { ("region", $0.name, false) },
            target.appID.map { ("appid", String($0.number), true) },
            target.bucket.map { ("bucket", $0.name, false) },
        ].compactMap { $0 }
    }

    private var yamlTarget: String {
        targetFields.map { field in
            let isPlain = field.isNumber || !PlainScalar.readsAsOtherThanText(Array(field.value.utf8))
            return "\(field.name): " + (isPlain ? field.value : "'\(field.value)'")
        }
        .joined(separator: ", ")
    }

    private var jsonTarget: String {
        targetFields.map { "\"\($0.name)\": " + ($0.isNumber ? $0.value : "\"\($0.value)\"") }
            .joined(separator: ", ")
    }
}

extension [UInt8] {
    fileprivate mutating func appendYAML(_ file: PlannedFile) {
        append("- path: ")
        appendYAML(file.path.bytes)
        append("\n  key: ")
        appendYAML(file.key.bytes)
        append("\n  filesize: ")
        append(decimal: file.fileSize)
        append("\n  sha: '")
        file.sha.appendHex(to: &self)
        append("'\n  slice_size: ")
        append(decimal: file.sliceSize.bytes)
        append("\n  insertOnly: ")
        append(decimal: file.insertOnly.rawValue)
        append("\n  biz_attr: ")
        appendYAML(file.bizAttr)
        append(file.parts.isEmpty ? "\n  uploadparts: []\n" : "\n  uploadparts:\n")
        for part in file.parts {
            append("  - {offset: ")
            append(decimal: part.range.offset)
            append(", datalen: ")
            append(decimal: part.range.length)
            append(", datasha: '")
            part.datasha.appendHex(to: &self)
            if let sha1 = part.sha1 {
                append("', sha1: '")
                sha1.appendHex(to: &self)
            }
            append("'}\n")
        }
    }

    fileprivate mutating func appendJSON(_ file: PlannedFile) {
        append("    {\n      \"path\": ")
        appendJSON(file.path.bytes)
        append(",\n      \"key\": ")
        appendJSON(file.key.bytes)
        append(",\n      \"filesize\": ")
        append(decimal: file.fileSize)
        append(",\n      \"sha\": \"")
        file.sha.appendHex(to: &self)
        append("\",\n      \"slice_size\": ")
        append(decimal: file.sliceSize.bytes)
        append(",\n      \"insertOnly\": ")
        append(decimal: file.insertOnly.rawValue)
        append(",\n      \"biz_attr\": ")
        appendJSON(file.bizAttr)
        append(",\n      \"uploadparts\": [")
        for (index, part) in file.parts.enumerated() {
            append(index == 0 ? "\n        {\"offset\": " : ",\n        {\"offset\": ")
            append(decimal: part.range.offset)
            append(", \"datalen\": ")
            append(decimal: part.range.length)
            append(", \"datasha\": \"")
            part.datasha.appendHex(to: &self)
            if let sha1 = part.sha1 {
                append("\", \"sha1\": \"")
                sha1.appendHex(to: &self)
            }
            append("\"}")
        }
        append(file.parts.isEmpty ? "]\n    }" : "\n      ]\n    }")
    }
}
