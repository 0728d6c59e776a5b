import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

// Code blocks of the catalogues of PlanCore, PlanDigest, PlanFiles and PlanManifest, as they stand there.

/// A plan of five bytes with this SHA-1, and the rule that one of six bytes breaks.
func valuesExample(sha: Digest) throws -> (plan: PlannedFile, broken: String) {
    let plan = try PlannedFile(
        path: LocalPath("big.bin"), key: ObjectKey("/big.bin"), fileSize: 5, sha: sha, sliceSize: .standard,
        datashaKind: .state, parts: [Part(range: ByteRange(offset: 0, length: 5), datasha: sha, sha1: nil)])
    var broken = ""
    do {
        _ = try PlannedFile(
            path: LocalPath("big.bin"), key: ObjectKey("/big.bin"), fileSize: 6, sha: sha,
            sliceSize: .standard, datashaKind: .state, parts: plan.parts)
    } catch let error as PlannedFileError {
        broken = "\(error.rule): \(error.rule.wording)"
    }
    return (plan, broken)
}

/// The digests of `big.bin` in `folder`.
func digestExample(folder: String) throws -> [Result<FileDigest, DigestError>] {
    var digests: [Result<FileDigest, DigestError>] = []
    let root = try Root(path: ByteString(folder))
    let path = try LocalPath("big.bin")
    let request = PlanRequest(
        open: { () throws(FileError) in try root.open(path) }, sizeHint: 1 << 30,
        partSize: try PartSize(bytes: 1 << 20), datashaKind: .state, withPartSHA1: true)
    DigestEngine(jobs: 4).plan([request]) { _, result in
        digests.append(result)
        return true
    }
    return digests
}

func checkBytesExample(plan: PlannedFile, folder: String, print: (String) -> Void) throws {
    let root = try Root(path: ByteString(folder))
    let report = try DigestEngine(jobs: 4).check(try root.open(plan.path), against: plan)
    for finding in report.findings { print("\(finding)") }
}

/// The first bytes of the files below `folder`.
func findingExample(folder: String) throws -> [String: [UInt8]] {
    var heads: [String: [UInt8]] = [:]
    let root = try Root(path: ByteString(folder))
    var options = FileWalk.Options()
    options.recursive = true
    options.filter = FileFilter(excludes: [try Glob("*.tmp")])
    for found in try FileWalk.files([Array(".".utf8)], below: root, options: options).files {
        let file = try root.open(found.path)
        let head = try file.bytes(ByteRange(offset: 0, length: min(4, found.size)))
        try file.checkUnchanged()
        heads[found.path.text] = head
    }
    return heads
}

func manifestExample(text: String, print: (String) -> Void) throws {
    let manifest = try CheckedManifest(text: text)  // throws ManifestRefused, with every problem
    try manifest.forEachFile { entry in
        print("\(entry.file.key.text) \(entry.file.fileSize) \(entry.file.parts.count)")
    }
}
