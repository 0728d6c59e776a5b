import PlanCore

/// The literals of a file's entry in one format, in the order in which they are written.
///
/// Literals include keys, quotes and separators, so that a part's line is written in a few large pieces: 64
/// GiB have 131,072 of them.
struct EntrySyntax {
    let format: ManifestFormat
    let path: StaticString
    let key: StaticString
    let fileSize: StaticString
    let sha: StaticString
    /// Before and after a checksum's name; the first begins with the closing quote of the sha.
    let checksum: StaticString
    let checksumValue: StaticString
    let sliceSize: StaticString
    let insertOnly: StaticString
    let bizAttr: StaticString
    let parts: StaticString
    let firstPart: StaticString
    let nextPart: StaticString
    let dataLength: StaticString
    let datasha: StaticString
    let sha1: StaticString
    let partEnd: StaticString
    let end: StaticString
    /// Used instead of `parts`, `firstPart` and `end` if there are no parts.
    let noParts: StaticString

    static let yaml = EntrySyntax(
        format: .yaml,
        path: "- path: ",
        key: "\n  key: ",
        fileSize: "\n  filesize: ",
        sha: "\n  sha: '",
        checksum: "'\n  ",
        checksumValue: ": '",
        sliceSize: "'\n  slice_size: ",
        insertOnly: "\n  insertOnly: ",
        bizAttr: "\n  biz_attr: ",
        parts: "\n  uploadparts:\n",
        firstPart: "  - {offset: ",
        nextPart: "  - {offset: ",
        dataLength: ", datalen: ",
        datasha: ", datasha: '",
        sha1: "', sha1: '",
        partEnd: "'}\n",
        end: "",
        noParts: "\n  uploadparts: []\n")

    static let json = EntrySyntax(
        format: .json,
        path: "    {\n      \"path\": ",
        key: ",\n      \"key\": ",
        fileSize: ",\n      \"filesize\": ",
        sha: ",\n      \"sha\": \"",
        checksum: "\",\n      \"",
        checksumValue: "\": \"",
        sliceSize: "\",\n      \"slice_size\": ",
        insertOnly: ",\n      \"insertOnly\": ",
        bizAttr: ",\n      \"biz_attr\": ",
        parts: ",\n      \"uploadparts\": [",
        firstPart: "\n        {\"offset\": ",
        nextPart: ",\n        {\"offset\": ",
        dataLength: ", \"datalen\": ",
        datasha: ", \"datasha\": \"",
        sha1: "\", \"sha1\": \"",
        partEnd: "\"}",
        end: "\n      ]\n    }",
        noParts: ",\n      \"uploadparts\": []\n    }")
}

extension [UInt8] {
    /// Appends one file's entry.
    mutating func append(_ file: PlannedFile, in syntax: EntrySyntax) {
        append(syntax.path)
        append(file.path.bytes, in: syntax.format)
        append(syntax.key)
        append(file.key.bytes, in: syntax.format)
        append(syntax.fileSize)
        append(decimal: file.fileSize)
        append(syntax.sha)
        file.sha.appendHex(to: &self)
        for checksum in file.checksums.all {
            append(syntax.checksum)
            append(contentsOf: checksum.kind.rawValue.utf8)
            append(syntax.checksumValue)
            append(contentsOf: checksum.text.utf8)
        }
        append(syntax.sliceSize)
        append(decimal: file.sliceSize.bytes)
        append(syntax.insertOnly)
        append(decimal: file.insertOnly.rawValue)
        append(syntax.bizAttr)
        append(file.bizAttr, in: syntax.format)
        guard !file.parts.isEmpty else { return append(syntax.noParts) }
        append(syntax.parts)
        for (index, part) in file.parts.enumerated() {
            append(index == 0 ? syntax.firstPart : syntax.nextPart)
            append(decimal: part.range.offset)
            append(syntax.dataLength)
            append(decimal: part.range.length)
            append(syntax.datasha)
            part.datasha.appendHex(to: &self)
            if let sha1 = part.sha1 {
                append(syntax.sha1)
                sha1.appendHex(to: &self)
            }
            append(syntax.partEnd)
        }
        append(syntax.end)
    }

    private mutating func append(_ text: ByteString, in format: ManifestFormat) {
        switch format {
        case .yaml: appendYAML(text)
        case .json: appendJSON(text)
        }
    }
}
