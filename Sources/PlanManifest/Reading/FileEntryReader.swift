import PlanCore

/// Reads the entries of `files`.
struct FileEntryReader {
    private let partLimit: Int
    private var fileFields = FieldNames<FileField>()
    private var partFields = FieldNames<PartField>()

    init(partLimit: Int) {
        self.partLimit = partLimit
    }

    /// Reads one entry after the start of its mapping.
    mutating func read(_ cursor: TextCursor) throws(ReadFailure) -> ParsedFile {
        var file = ParsedFile(at: cursor.place)
        fileFields.reset()
        while let key = try cursor.nextKey(&fileFields) {
            switch key {
            case .path: file.path = try cursor.text("path", limit: ManifestLimits.nameBytes)
            case .key: file.key = try cursor.text("key", limit: ManifestLimits.nameBytes)
            case .fileSize: file.fileSize = try cursor.integer("filesize")
            case .sha: file.sha = try cursor.digest("sha")
            case .sliceSize: file.sliceSize = try cursor.integer("slice_size")
            case .parts: try readParts(cursor, into: &file)
            case .insertOnly: file.insertOnly = try cursor.integer("insertOnly")
            case .bizAttr: file.bizAttr = try cursor.text("biz_attr")
            case .checksum(let kind):
                if let checksum = try cursor.checksum(kind, kind.rawValue) { file.checksums.append(checksum) }
            }
        }
        cursor.reportMissing(fileFields, at: file.place)
        return file
    }

    private mutating func readParts(_ cursor: TextCursor, into file: inout ParsedFile) throws(ReadFailure) {
        var event = try cursor.next()
        guard event == .listStart else { return try cursor.refuse(event, "uploadparts", "a list") }
        let place = cursor.place
        var parts: [ParsedPart] = []
        while true {
            event = try cursor.next()
            if event == .listEnd { break }
            if parts.count == partLimit {
                if file.hasAllParts {
                    cursor.report(
                        .limits, "more than \(partLimit) parts; the rest is not checked")
                }
                file.hasAllParts = false
                try cursor.skip(event)
            } else if event == .mappingStart {
                parts.append(try readPart(cursor))
            } else {
                parts.append(ParsedPart(at: cursor.place))
                try cursor.refuse(event, "an entry of uploadparts", "a mapping")
            }
        }
        file.parts = Located(parts, at: place)
    }

    private mutating func readPart(_ cursor: TextCursor) throws(ReadFailure) -> ParsedPart {
        var part = ParsedPart(at: cursor.place)
        partFields.reset()
        while let key = try cursor.nextKey(&partFields) {
            switch key {
            case .offset: part.offset = try cursor.integer("offset")
            case .dataLength: part.dataLength = try cursor.integer("datalen")
            case .datasha: part.datasha = try cursor.digest("datasha")
            case .sha1: part.sha1 = try cursor.digest("sha1")
            }
        }
        cursor.reportMissing(partFields, at: part.place)
        return part
    }
}
