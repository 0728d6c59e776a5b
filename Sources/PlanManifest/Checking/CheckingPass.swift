import PlanCore

/// The state of ``ManifestCheck``'s pass over a manifest.
struct CheckingPass {
    private(set) var documents: [DocumentHeader?] = []
    private(set) var fingerprints: [Int] = []
    private(set) var totalBytes: Int64 = 0

    private let rules: FileRules
    private var document = CheckedDocument()
    private var firstSmallFile: Located<Int64>?
    private var smallFiles = 0

    init(allowOutside: Bool) {
        rules = FileRules(allowOutside: allowOutside)
    }

    /// Applies the rules about one file.
    mutating func add(_ file: ParsedFile, to reader: ManifestReader) {
        let findings = rules.check(file)
        for problem in findings.problems { reader.problems.append(problem) }
        if let size = file.fileSize?.value, size > 0 {
            let (sum, overflow) = totalBytes.addingReportingOverflow(size)
            totalBytes = overflow ? .max : sum
        }
        if let small = findings.smallFileSize {
            firstSmallFile = firstSmallFile ?? small
            smallFiles += 1
        }
        document.add(findings, kind: reader.header?.kindIfKnown, problems: &reader.problems)
        if findings.isSound { document.fingerprints.append(file.hashValue) }
    }

    /// Applies the rules about a document, at its end or where the text broke off.
    mutating func end(_ header: ParsedHeader?, in reader: ManifestReader, keys: inout KeyRegistry) {
        let checked = header?.check(&reader.problems)
        document.finish(
            kind: header?.kindIfKnown, target: header?.target ?? PartialTarget(), keys: &keys,
            problems: &reader.problems)
        if checked != nil { fingerprints += document.fingerprints }
        documents.append(checked)
        document = CheckedDocument()
    }

    /// Applies the rules about all files together, at the manifest's end.
    func finish(_ problems: inout ProblemList) {
        guard let size = firstSmallFile else { return }
        let more = smallFiles > 1 ? " (\(smallFiles) files of this manifest are not larger)" : ""
        problems.append(
            Problem(
                .slicingThreshold, at: size.place,
                "filesize \(size.value): slicing is meant for files over 20 MB, "
                    + "\(FileFindings.smallFile) bytes\(more)"))
    }
}

/// What is kept of a document until its end is read.
private struct CheckedDocument {
    var fingerprints: [Int] = []
    private var keys: [Located<ByteString>] = []
    /// Problems that arise if `datasha` turns out to be this, while it isn't known.
    private var pending: [DatashaKind: ProblemList] = [:]
    private var firstUncommonPartSize: Located<Int64>?
    private var uncommonPartSizes = 0

    mutating func add(_ findings: FileFindings, kind: DatashaKind?, problems: inout ProblemList) {
        if let key = findings.file.key { keys.append(key) }
        for possible in DatashaKind.allCases where kind == nil || kind == possible {
            for problem in findings.digestProblems(as: possible) {
                if kind == nil {
                    pending[possible, default: ProblemList()].append(problem)
                } else {
                    problems.append(problem)
                }
            }
        }
        if let uncommon = findings.uncommonPartSize {
            firstUncommonPartSize = firstUncommonPartSize ?? uncommon
            uncommonPartSizes += 1
        }
    }

    func finish(
        kind: DatashaKind?, target: PartialTarget, keys registry: inout KeyRegistry,
        problems: inout ProblemList
    ) {
        if let kind, let pending = pending[kind] { problems.append(pending) }
        for key in keys {
            if let problem = registry.add(key, target: target) { problems.append(problem) }
        }
        if let size = firstUncommonPartSize {
            let more = uncommonPartSizes > 1 ? " (\(uncommonPartSizes) files of this document have such)" : ""
            problems.append(
                Problem(
                    .commonPartSize, at: size.place,
                    "parts of \(size.value) bytes: the vendor's SDKs agree on 1048576, or slice_size below that, "
                        + "only\(more)"))
        }
    }
}

extension ParsedHeader {
    /// What `datasha` is, if that was read already.
    var kindIfKnown: DatashaKind? {
        datasha.flatMap { DatashaKind(rawValue: $0.value.text) }
    }

    /// The target's fields that have the right form.
    var target: PartialTarget {
        var ignored = ProblemList()
        return checkTarget(&ignored)
    }

    /// Applies the rules about headers; nil if the document can't be used.
    func check(_ problems: inout ProblemList) -> DocumentHeader? {
        let before = problems.errorCount
        if let version, version.value != 1 {
            problems.append(
                Problem(
                    .version, at: version.place,
                    "cosplan \(version.value) is not 1, the only version this program knows"))
        }
        if let datasha, kindIfKnown == nil {
            problems.append(
                Problem(
                    .datashaKind, at: datasha.place,
                    "datasha '\(datasha.value.text.escapedForDisplay(limit: 60))' is neither state nor part"))
        }
        let target = checkTarget(&problems)
        guard problems.errorCount == before, version != nil, let kind = kindIfKnown else { return nil }
        return DocumentHeader(datashaKind: kind, target: target)
    }

    private func checkTarget(_ problems: inout ProblemList) -> PartialTarget {
        PartialTarget(
            region: legal(region, .region, &problems) { (name) throws(TargetFieldError) in
                try Region(name.text)
            },
            appID: legal(appID, .appID, &problems) { (number) throws(TargetFieldError) in
                try AppID(number)
            },
            bucket: legal(bucket, .bucket, &problems) { (name) throws(TargetFieldError) in
                try Bucket(name.text)
            })
    }

    /// What `make` makes of a field that is there; nil, and a problem, where it refuses.
    private func legal<Found, Value>(
        _ field: Located<Found>?, _ rule: Rule, _ problems: inout ProblemList,
        _ make: (Found) throws(TargetFieldError) -> Value
    ) -> Value? {
        guard let field else { return nil }
        do throws(TargetFieldError) {
            return try make(field.value)
        } catch {
            problems.append(Problem(rule, at: field.place, error.description))
            return nil
        }
    }
}
