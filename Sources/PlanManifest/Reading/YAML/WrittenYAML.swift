import PlanCore

/// Reads YAML in exactly the form that ``ManifestWriter`` writes, several times faster than the parser.
///
/// It reports no problems. When the text deviates from that form it returns ``Piece/otherForm``, and the caller starts
/// again with ``YAMLEvents``. Everything returned before equals what the parser returns, places included. An entry is
/// returned only after the first line behind it was recognised, since that line could belong to the entry.
struct WrittenYAML {
    enum Piece {
        /// The start of a document.
        case document(ParsedHeader)
        case file(ParsedFile)
        case endOfDocument(ParsedHeader)
        case end
        /// The text continues in another form, or cannot be read.
        case otherForm
    }

    private typealias OtherForm = WrittenText.OtherForm
    private enum State { case document, entries, endOfDocument, end }

    private var text: WrittenText
    private let partLimit: Int
    private let syntax = EntrySyntax.yaml
    private var state = State.document
    private var header = ParsedHeader(at: Place(line: 1, column: 1))
    private var newKeys = NewKeys()
    /// The path of the next entry.
    private var path: Located<ByteString>?

    /// The maximum size of an entry without its parts, or of a document's header, in this form.
    ///
    /// **Unit**: bytes.
    private static let roomForFields = 32_768
    private static let roomForPart = 256

    /// Reads `text`, which is open.
    init(_ text: TextSource, partLimit: Int) {
        self.text = WrittenText(text)
        self.partLimit = partLimit
    }

    /// The next piece; the last one is returned again after the end.
    ///
    /// - Throws: errors of the byte source only.
    mutating func next() throws(ReadFailure) -> Piece {
        do throws(OtherForm) {
            switch state {
            case .document:
                try readHeader()
                try readPath()
                state = .entries
                return .document(header)
            case .entries: return .file(try readEntry())
            case .endOfDocument:
                state = text.isAtEnd ? .end : .document
                header.newKeys = newKeys
                return .endOfDocument(header)
            case .end: return .end
            }
        } catch {
            if let failure = text.failure { throw failure }
            return .otherForm
        }
    }
}

extension WrittenYAML {
    private mutating func readHeader() throws(OtherForm) {
        try text.fill(to: Self.roomForFields)
        try text.take("---\n")
        text.beginLine()
        if text.skip(ManifestWriter.comment) { text.beginLine() }
        header = ParsedHeader(at: text.place)
        newKeys = NewKeys()
        try text.take("cosplan: ")
        header.version = try text.number()
        try text.takeField("\ndatasha: ")
        header.datasha = try text.word()
        try text.take("\n")
        text.beginLine()
        if text.skip("target: ") { try readTarget() }
        if text.startsWith("shard: ") { try readShard() }
        try text.take("files:\n")
        text.beginLine()
    }

    private mutating func readTarget() throws(OtherForm) {
        var seen: [TargetField] = []
        try text.take("{")
        repeat {
            let field: TargetField = try fieldName(after: &seen)
            switch field {
            case .api: header.api = try text.text()
            case .endpoint: header.endpoint = try text.text()
            case .addressing: header.addressing = try text.text()
            case .region: header.region = try text.text()
            case .appID: header.appID = try text.number()
            case .bucket: header.bucket = try text.text()
            }
        } while text.skip(", ")
        try text.take("}\n")
        text.beginLine()
    }

    private mutating func readShard() throws(OtherForm) {
        newKeys.note(DocumentField.shard.rawValue, at: text.place)
        try text.take("shard: ")
        var shard = ParsedShard(at: text.place)
        var seen: [ShardField] = []
        try text.take("{")
        repeat {
            let field: ShardField = try fieldName(after: &seen)
            switch field {
            case .index: shard.index = try text.number()
            case .count: shard.count = try text.number()
            case .list: shard.list = try quotedChecksum()
            case .entries: shard.entries = try quotedChecksum()
            }
        } while text.skip(", ")
        guard seen.count == ShardField.allCases.count else { throw OtherForm() }
        try text.take("}\n")
        text.beginLine()
        header.shard = shard
    }

    private mutating func quotedChecksum() throws(OtherForm) -> Located<Checksum> {
        try text.take("'")
        let checksum = try text.checksum(.sha256)
        try text.take("'")
        return checksum
    }

    /// Reads the name of a field in braces and the separator behind it.
    ///
    /// Duplicates are another form.
    private mutating func fieldName<Field: ManifestField>(
        after seen: inout [Field]
    ) throws(OtherForm) -> Field {
        let place = text.place
        let name = text.letters()
        guard let field = Field(rawValue: name), !seen.contains(field) else { throw OtherForm() }
        seen.append(field)
        if field.isNew { newKeys.note(name, at: place) }
        try text.take(": ")
        return field
    }
}

extension WrittenYAML {
    /// Reads the path of an entry, and buffers the entry's fields up to its parts.
    private mutating func readPath() throws(OtherForm) {
        try text.fill(to: Self.roomForFields)
        try text.take(syntax.path)
        path = try text.quoted()
        guard text.startsWith("\n") else { throw OtherForm() }
    }

    /// Reads the rest of the entry whose path was read, and the first line behind it.
    private mutating func readEntry() throws(OtherForm) -> ParsedFile {
        // An entry starts at its first key, behind the dash.
        var entry = ParsedFile(at: Place(line: text.line, column: 3))
        entry.path = path
        try text.takeField(syntax.key)
        entry.key = try text.quoted()
        try text.takeField(syntax.fileSize)
        entry.fileSize = try text.number()
        try text.takeField(syntax.sha)
        entry.sha = try text.digest()
        while !text.skipField(syntax.sliceSize) { try readChecksum(&entry.checksums) }
        entry.sliceSize = try text.number()
        try text.takeField(syntax.insertOnly)
        entry.insertOnly = try text.number()
        try text.takeField(syntax.bizAttr)
        entry.bizAttr = try text.quoted()
        entry.parts = try readParts()
        try text.fill(to: Self.roomForFields)
        if text.isAtEnd || text.startsWith("---\n") {
            state = .endOfDocument
        } else {
            try readPath()
        }
        return entry
    }

    /// Reads a checksum, from the closing quote of the value before it.
    private mutating func readChecksum(_ checksums: inout [Located<Checksum>]) throws(OtherForm) {
        try text.takeField(syntax.checksum)
        let place = text.place
        guard let kind = ChecksumKind(rawValue: text.lettersAndDigits()),
            checksums.allSatisfy({ $0.value.kind != kind })
        else { throw OtherForm() }
        newKeys.note(kind.rawValue, at: place)
        try text.take(syntax.checksumValue)
        checksums.append(try text.checksum(kind))
    }

    /// Reads the list of parts up to the end of its last line.
    private mutating func readParts() throws(OtherForm) -> Located<[ParsedPart]> {
        if text.skipField(syntax.noParts) {
            let list = Place(line: text.line, column: syntax.noParts.utf8CodeUnitCount - 3)
            text.beginLine()
            return Located([], at: list)
        }
        try text.takeField(syntax.parts)
        text.beginLine()
        let list = Place(line: text.line, column: 3)
        var parts: [ParsedPart] = []
        repeat {
            guard parts.count < partLimit else { throw OtherForm() }
            var part = ParsedPart(at: Place(line: text.line, column: 5))
            try text.take(syntax.firstPart)
            part.offset = try text.number()
            try text.take(syntax.dataLength)
            part.dataLength = try text.number()
            try text.take(syntax.datasha)
            part.datasha = try text.digest()
            if text.skip(syntax.sha1) { part.sha1 = try text.digest() }
            try text.take(syntax.partEnd)
            text.beginLine()
            parts.append(part)
            try text.fill(to: Self.roomForPart)
        } while text.startsWith(" ")
        return Located(parts, at: list)
    }
}
