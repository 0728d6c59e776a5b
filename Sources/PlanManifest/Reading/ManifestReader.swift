import PlanCore

/// Reads a manifest's text, file entry by file entry.
///
/// A class, because it is a position in a text.
///
/// It checks the text, the keys and the types. ``PlanCore/FileRules`` check the values; ``ManifestCheck``
/// combines both. **Cost**: memory for the largest entry and the problems.
package final class ManifestReader {
    /// The problems so far; the caller may add to them.
    package var problems = ProblemList()
    /// The current document's header, as far as it was read; nil outside a document, or if the document is
    /// not a mapping.
    package private(set) var header: ParsedHeader?
    /// The number of documents started.
    package private(set) var documentCount = 0
    /// The number of file entries read.
    package private(set) var fileCount = 0
    /// Whether reading stopped early, or a document is not a mapping.
    package private(set) var isMalformed = false

    /// Whether the text is read by a parser because it is not in the form that ``ManifestWriter`` writes.
    package var usesParser: Bool { cursor != nil }

    private enum State { case unopened, betweenDocuments, inDocument, inFiles, done }
    private var state = State.unopened
    private let source: any ByteSource
    private var text: TextSource
    private var cursor: TextCursor?
    /// The reader for the written form; nil if the parser reads the text.
    private var written: WrittenYAML?
    private let expectsWrittenForm: Bool
    /// The number of items returned so far.
    private var itemCount = 0
    private var documentFields = FieldNames<DocumentField>()
    private var entries: FileEntryReader
    private let partLimit: Int
    private let fileLimit: Int
    private let documentLimit: Int

    /// Reads `source` from its beginning.
    ///
    /// May rewind it.
    ///
    /// - `partLimit`: the limits are the format's by default; tests use lower ones.
    /// - `expectsWrittenForm`: whether YAML in the written form is read without the parser. The result is the
    ///   same.
    package init(
        _ source: any ByteSource, partLimit: Int = ManifestLimits.partsPerFile,
        fileLimit: Int = ManifestLimits.files, documentLimit: Int = ManifestLimits.documents,
        expectsWrittenForm: Bool = true
    ) {
        self.source = source
        text = TextSource(source)
        entries = FileEntryReader(partLimit: partLimit)
        self.expectsWrittenForm = expectsWrittenForm
        self.partLimit = partLimit
        self.fileLimit = fileLimit
        self.documentLimit = documentLimit
    }

    /// The next item; nil at the end of the text, or where reading stops.
    ///
    /// - Throws: what the byte source throws.
    package func next() throws -> ManifestItem? {
        do throws(ReadFailure) {
            let item = try nextItem()
            takeProblems()
            if item != nil { itemCount += 1 }
            return item
        } catch {
            state = .done
            takeProblems()
            if let cursor { header?.newKeys = cursor.newKeys }
            switch error {
            case .source(let error): throw error
            case .stopped(let problem):
                isMalformed = isMalformed || problem.rule == .wellFormed
                problems.append(problem)
                return nil
            }
        }
    }

    private func takeProblems() {
        if let found = text.takeProblems() { problems.append(found) }
        if let found = cursor?.takeProblems() { problems.append(found) }
    }

    private func nextItem() throws(ReadFailure) -> ManifestItem? {
        if state == .done { return nil }
        if state == .unopened {
            try text.open()
            state = .betweenDocuments
            if expectsWrittenForm, text.format == .yaml {
                written = WrittenYAML(text, partLimit: partLimit)
            } else {
                try openCursor()
            }
        }
        return written == nil ? try nextParsedItem() : try nextWrittenItem()
    }

    private func openCursor() throws(ReadFailure) {
        cursor = TextCursor(text.format == .json ? JSONEvents(text) : try YAMLEvents(text))
    }

    private func nextWrittenItem() throws(ReadFailure) -> ManifestItem? {
        while let piece = try written?.next() {
            switch piece {
            case .document(let header):
                guard documentCount < documentLimit else { return try readWithParser() }
                documentCount += 1
                self.header = header
            case .file(let file):
                guard fileCount < fileLimit else { return try readWithParser() }
                fileCount += 1
                return .file(file)
            case .endOfDocument(let header):
                self.header = nil
                return .endOfDocument(header)
            case .end:
                state = .done
                return nil
            case .otherForm: return try readWithParser()
            }
        }
        return nil
    }

    /// Starts again with the YAML parser, skips the items that were returned, and returns the next item.
    private func readWithParser() throws(ReadFailure) -> ManifestItem? {
        written = nil
        state = .betweenDocuments
        header = nil
        documentCount = 0
        fileCount = 0
        do { try source.rewind() } catch { throw .source(error) }
        text = TextSource(source)
        try text.open()
        try openCursor()
        for _ in 0..<itemCount {
            guard try nextParsedItem() != nil else { return nil }
        }
        return try nextParsedItem()
    }

    private func nextParsedItem() throws(ReadFailure) -> ManifestItem? {
        while let cursor {
            switch state {
            case .unopened, .done: return nil
            case .betweenDocuments:
                if let item = try beginDocument(cursor) { return item }
            case .inDocument:
                if let item = try readHeader(cursor) { return item }
            case .inFiles:
                if let item = try readFiles(cursor) { return item }
            }
        }
        return nil
    }

    private func beginDocument(_ cursor: TextCursor) throws(ReadFailure) -> ManifestItem? {
        let event = try cursor.next()
        switch event {
        case .end:
            state = .done
            if documentCount == 0 {
                throw .malformed(at: Place(line: 1, column: 1), "there is no document")
            }
        case .documentStart:
            documentCount += 1
            if documentCount > documentLimit {
                throw .limit(at: cursor.place, "more than \(documentLimit) documents")
            }
            let root = try cursor.next()
            guard root == .mappingStart else {
                isMalformed = true
                cursor.report(
                    .wellFormed,
                    "the document is \(cursor.kind(of: root)), not a mapping with cosplan, datasha and files")
                try cursor.skip(root)
                return .endOfDocument(nil)
            }
            header = ParsedHeader(at: cursor.place)
            cursor.forgetNewKeys()
            documentFields.reset()
            state = .inDocument
        default: break
        }
        return nil
    }

    private func readHeader(_ cursor: TextCursor) throws(ReadFailure) -> ManifestItem? {
        guard var header else { return nil }
        while let key = try cursor.nextKey(&documentFields) {
            switch key {
            case .version: header.version = try cursor.integer("cosplan")
            case .datasha: header.datasha = try cursor.text("datasha")
            case .target: try readTarget(cursor, &header)
            case .shard: header.shard = try readShard(cursor)
            case .files:
                let event = try cursor.next()
                if event == .listStart {
                    self.header = header
                    state = .inFiles
                    return nil
                }
                try cursor.refuse(event, "files", "a list")
            }
            self.header = header
        }
        header.newKeys = cursor.newKeys
        cursor.reportMissing(documentFields, at: header.place)
        state = .betweenDocuments
        self.header = nil
        return .endOfDocument(header)
    }

    private func readTarget(_ cursor: TextCursor, _ header: inout ParsedHeader) throws(ReadFailure) {
        let event = try cursor.next()
        guard event == .mappingStart else { return try cursor.refuse(event, "target", "a mapping") }
        var fields = FieldNames<TargetField>()
        while let key = try cursor.nextKey(&fields) {
            switch key {
            case .api: header.api = try cursor.text("api")
            case .endpoint: header.endpoint = try cursor.text("endpoint")
            case .addressing: header.addressing = try cursor.text("addressing")
            case .region: header.region = try cursor.text("region")
            case .appID: header.appID = try cursor.integer("appid")
            case .bucket: header.bucket = try cursor.text("bucket")
            }
        }
    }

    private func readShard(_ cursor: TextCursor) throws(ReadFailure) -> ParsedShard? {
        let event = try cursor.next()
        guard event == .mappingStart else {
            try cursor.refuse(event, "shard", "a mapping")
            return nil
        }
        var shard = ParsedShard(at: cursor.place)
        var fields = FieldNames<ShardField>()
        while let key = try cursor.nextKey(&fields) {
            switch key {
            case .index: shard.index = try cursor.integer("index")
            case .count: shard.count = try cursor.integer("of")
            case .list: shard.list = try cursor.checksum(.sha256, "list")
            case .entries: shard.entries = try cursor.checksum(.sha256, "entries")
            }
        }
        cursor.reportMissing(fields, at: shard.place)
        return shard
    }

    private func readFiles(_ cursor: TextCursor) throws(ReadFailure) -> ManifestItem? {
        let event = try cursor.next()
        switch event {
        case .listEnd:
            state = .inDocument
            return nil
        case .mappingStart:
            fileCount += 1
            if fileCount > fileLimit {
                if fileCount == fileLimit + 1 {
                    cursor.report(.limits, "more than \(fileLimit) files; the rest is not checked")
                }
                try cursor.skip(event)
                return nil
            }
            return .file(try entries.read(cursor))
        default:
            try cursor.refuse(event, "an entry of files", "a mapping")
            return nil
        }
    }
}

/// An item of a manifest.
package enum ManifestItem: Hashable, Sendable {
    /// An entry of the current document's `files`.
    case file(ParsedFile)
    /// The end of a document; nil if it is not a mapping.
    case endOfDocument(ParsedHeader?)
}
