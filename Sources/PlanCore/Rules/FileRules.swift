/// The rules about one file's fields and parts.
package struct FileRules: Hashable, Sendable {
    /// Whether a path may be absolute or contain `..`.
    package let allowOutside: Bool

    /// Creates the rules; paths must stay below the root unless `allowOutside`.
    package init(allowOutside: Bool = false) {
        self.allowOutside = allowOutside
    }

    /// Applies every rule that depends on neither the kind of `datasha` nor the API.
    package func check(_ file: ParsedFile) -> FileFindings {
        var findings = FileFindings(file)
        findings.checkFields(allowOutside: allowOutside)
        if let parts = file.parts {
            findings.checkParts(parts.value)
            findings.checkTotals(parts)
        }
        return findings
    }
}

/// What ``FileRules`` found in one entry of `files`.
///
/// A file whose digests contradict each other, or that breaks only rules of its API, can still be planned, so
/// that its bytes can be checked.
package struct FileFindings: Sendable {
    /// The entry.
    package let file: ParsedFile
    /// Broken rules that depend on neither the kind of `datasha` nor the API, in the order found.
    package private(set) var problems: [Problem] = []
    /// `filesize`, if the file is too small for slicing (``Rule/slicingThreshold``).
    package private(set) var smallFileSize: Located<Int64>?
    /// The part size, if the vendor's SDKs compute different digests for it (``Rule/commonPartSize``).
    package internal(set) var uncommonPartSize: Located<Int64>?

    private var hasLegalFields = false
    private(set) var key: ObjectKey?
    var sliceSize: SliceSize?
    /// The length of every part except the last, if the parts determine it.
    var partSize: Int64?

    /// The maximum size of a small file: 20 MB.
    ///
    /// **Source**: the init page.
    package static let smallFile: Int64 = 20_971_520

    init(_ file: ParsedFile) {
        self.file = file
    }

    mutating func report(_ rule: Rule, at place: Place, _ message: String) {
        problems.append(Problem(rule, at: place, message))
    }

    /// The plan of the file, if every field exists and its structure breaks no rule.
    ///
    /// Digests may still contradict each other, see ``digestProblems(as:)``. **Cost**: copies the parts.
    package func plannedFile(as kind: DatashaKind) -> PlannedFile? {
        isSound ? PlannedFile(file, as: kind) : nil
    }

    /// Whether every required field exists and no rule about the structure is broken.
    package var isSound: Bool {
        guard hasLegalFields, partSize != nil, file.sha != nil, file.fileSize != nil, let parts = file.parts,
            file.hasAllParts
        else { return false }
        return !problems.contains { $0.severity == .error && $0.rule != .emptyFile }
            && parts.value.allSatisfy { $0.offset != nil && $0.dataLength != nil && $0.datasha != nil }
    }
}

extension FileFindings {
    mutating func checkFields(allowOutside: Bool) {
        let hasPath = checked(file.path, .path) { (path) throws(LocalPathError) in
            try LocalPath(path, allowOutside: allowOutside)
        }
        key = checked(file.key, .key) { (key) throws(ObjectKeyError) in try ObjectKey(key) }
        sliceSize = checked(file.sliceSize, .sliceSize) { (bytes) throws(SliceSizeError) in
            try SliceSize(bytes: bytes)
        }
        hasLegalFields = hasPath != nil && key != nil && sliceSize != nil
        if let insertOnly = file.insertOnly, InsertOnly(rawValue: insertOnly.value) == nil {
            report(
                .insertOnly, at: insertOnly.place,
                "insertOnly \(insertOnly.value) is neither 0 (replace) nor 1 (refuse to replace)")
        }
        checkFileSize()
    }

    /// The value that `make` returns for a field; nil, with a problem, if it throws.
    ///
    /// Nil for a missing field.
    private mutating func checked<Found, Value, Failure: Error & CustomStringConvertible>(
        _ field: Located<Found>?, _ rule: Rule, _ make: (Found) throws(Failure) -> Value
    ) -> Value? {
        guard let field else { return nil }
        do throws(Failure) {
            return try make(field.value)
        } catch {
            report(rule, at: field.place, error.description)
            return nil
        }
    }

    private mutating func checkFileSize() {
        guard let fileSize = file.fileSize else { return }
        if fileSize.value < 0 {
            report(.fileSize, at: fileSize.place, "filesize \(fileSize.value) is negative")
        } else if fileSize.value == 0 {
            checkEmptiness(saidIn: fileSize.place.line)
        } else if fileSize.value <= Self.smallFile {
            smallFileSize = fileSize
        }
    }

    private mutating func checkEmptiness(saidIn line: Int) {
        if let sha = file.sha, sha.value != .ofNoBytes {
            report(
                .emptyFile, at: sha.place,
                "sha \(sha.value) is not that of an empty file, \(Digest.ofNoBytes), as filesize (line \(line)) "
                    + "says")
        }
        for checksum in file.checksums {
            let (found, kind) = (checksum.value, checksum.value.kind)
            let expected = Checksum.ofNoBytes(kind)
            guard found != expected else { continue }
            report(
                .emptyFile, at: checksum.place,
                "\(kind) \(found.text) is not that of an empty file, \(expected.text), as filesize "
                    + "(line \(line)) says")
        }
    }
}
