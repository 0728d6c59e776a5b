import PlanCore

/// The state of ``ManifestCheck`` while it reads a manifest.
struct CheckingPass {
    private(set) var documents: [DocumentHeader?] = []
    /// For each file, whether its structure is sound.
    private(set) var soundness: [Bool] = []
    /// The number of files with a sound structure in usable documents.
    private(set) var soundFileCount = 0
    private(set) var totalBytes: Int64 = 0

    private let rules: FileRules
    /// The API that replaces the documents' own, as given by a command's flags.
    private let api: ServiceAPI?
    /// That of documents that say nothing of where objects go.
    private let usualAPI: ServiceAPI
    private var document: CheckedDocument
    private var smallFiles = FirstOfMany()

    /// Creates a pass; `api` replaces the documents' own, `usualAPI` is that of documents without a target.
    init(allowOutside: Bool, api: ServiceAPI?, usualAPI: ServiceAPI) {
        rules = FileRules(allowOutside: allowOutside)
        self.api = api
        self.usualAPI = usualAPI
        document = CheckedDocument()
    }

    /// Applies the rules about one file.
    mutating func add(_ file: ParsedFile, to reader: ManifestReader) {
        let findings = rules.check(file)
        for problem in findings.problems { reader.problems.append(problem) }
        if let size = file.fileSize?.value, size > 0 { totalBytes = totalBytes.addingClamped(size) }
        document.add(
            findings, kind: reader.header?.kindIfKnown, api: api ?? reader.header?.apiIfKnown,
            problems: &reader.problems)
        let isSound = findings.isSound
        soundness.append(isSound)
        if isSound { document.soundFiles += 1 }
    }

    /// Applies the rules about a document, at its end or where reading stopped.
    mutating func end(_ header: ParsedHeader?, in reader: ManifestReader, keys: inout KeyRegistry) {
        let checked = header?.check(&reader.problems)
        if checked != nil { soundFileCount += document.soundFiles }
        documents.append(checked)
        let usual = header?.target.isEmpty ?? true ? usualAPI : .json
        let api = api ?? (header?.api == nil ? usual : header?.apiIfKnown)
        document.finish(
            kind: header?.kindIfKnown, api: api, target: header?.target ?? PartialTarget(), keys: &keys,
            problems: &reader.problems)
        if api == .json { smallFiles.add(document.smallFiles) }
        document = CheckedDocument()
    }

    /// Applies the rules about all files together, at the end of the manifest.
    func finish(_ problems: inout ProblemList) {
        guard let size = smallFiles.first else { return }
        let more = smallFiles.count > 1 ? " (\(smallFiles.count) files of this manifest are not larger)" : ""
        problems.append(
            Problem(
                .slicingThreshold, at: size.place,
                "filesize \(size.value): slicing is meant for files over 20 MB, "
                    + "\(FileFindings.smallFile) bytes\(more)"))
    }
}

/// The first of several findings of the same kind, and their number: a note is reported only once.
private struct FirstOfMany {
    private(set) var first: Located<Int64>?
    private(set) var count = 0

    mutating func add(_ found: Located<Int64>?) {
        guard let found else { return }
        first = first ?? found
        count += 1
    }

    mutating func add(_ others: FirstOfMany) {
        first = first ?? others.first
        count += others.count
    }
}

/// What must be kept of a document until its end is read.
private struct CheckedDocument {
    var soundFiles = 0
    private var keys: [Located<ByteString>] = []
    /// Problems that apply if `datasha` turns out to have this value, while it is unknown.
    private var pendingByKind: [DatashaKind: ProblemList] = [:]
    /// Problems that apply if the API turns out to be this one, while it is unknown.
    private var pendingByAPI: [ServiceAPI: ProblemList] = [:]
    private(set) var smallFiles = FirstOfMany()
    private var uncommonPartSizes = FirstOfMany()

    mutating func add(
        _ findings: FileFindings, kind: DatashaKind?, api: ServiceAPI?, problems: inout ProblemList
    ) {
        if let key = findings.file.key { keys.append(key) }
        if let kind {
            for problem in findings.digestProblems(as: kind) { problems.append(problem) }
        } else {
            for possible in DatashaKind.allCases {
                for problem in findings.digestProblems(as: possible) {
                    pendingByKind[possible, default: ProblemList()].append(problem)
                }
            }
        }
        if let api {
            for problem in findings.problems(for: api) { problems.append(problem) }
        } else {
            for possible in ServiceAPI.allCases {
                for problem in findings.problems(for: possible) {
                    pendingByAPI[possible, default: ProblemList()].append(problem)
                }
            }
        }
        smallFiles.add(findings.smallFileSize)
        uncommonPartSizes.add(findings.uncommonPartSize)
    }

    func finish(
        kind: DatashaKind?, api: ServiceAPI?, target: PartialTarget, keys registry: inout KeyRegistry,
        problems: inout ProblemList
    ) {
        if let kind, let pending = pendingByKind[kind] { problems.append(pending) }
        if let api, let pending = pendingByAPI[api] { problems.append(pending) }
        for problem in registry.add(keys, target: target) { problems.append(problem) }
        // Warns of part sizes for which the vendor's SDKs of the JSON API compute different digests.
        guard api == .json, let size = uncommonPartSizes.first else { return }
        let more =
            uncommonPartSizes.count > 1
            ? " (\(uncommonPartSizes.count) files of this document have such)" : ""
        problems.append(
            Problem(
                .commonPartSize, at: size.place,
                "parts of \(size.value) bytes: the vendor's SDKs agree on 1048576, or slice_size below that, "
                    + "only\(more)"))
    }
}
