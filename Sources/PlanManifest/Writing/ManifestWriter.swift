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
        text.append(file, in: format == .yaml ? .yaml : .json)
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
