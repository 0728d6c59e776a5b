import PlanCore
import PlanDigest
import PlanFiles

/// Computes digests that a store reports and a plan lacks from the local files.
package struct LocalDigests: Sendable {
    private let root: Root
    private let allowOutside: Bool
    private let engine: DigestEngine

    /// Reads files below `root`.
    package init(root: Root, allowOutside: Bool, engine: DigestEngine) {
        self.root = root
        self.allowOutside = allowOutside
        self.engine = engine
    }

    /// Whether a digest of the local file could decide `result`.
    package static func couldTell(_ result: AuditResult) -> Bool {
        guard case .success(let finding) = result.finding else { return false }
        return !finding.wanted.isEmpty
    }

    /// Reads the files of `results` and compares again.
    ///
    /// A digest counts only if the file's SHA-1 is the recorded one.
    ///
    /// - `progress`: counters to update.
    /// - `cancellation`: stops reading; files in progress have no result.
    /// - `settled`: called on the calling thread for each result, in any order. An error it throws stops reading.
    package func settle(
        _ results: [AuditResult], progress: DigestProgress? = nil, cancellation: Cancellation? = nil,
        settled: (AuditResult) throws -> Void
    ) throws {
        var failure: (any Error)?
        engine.plan(results.map(request), progress: progress, cancellation: cancellation) { index, digest in
            let result = results[index]
            guard let finding = finding(of: result, digest) else { return true }
            do {
                try settled(
                    AuditResult(
                        number: result.number, object: result.object, stored: result.stored,
                        finding: .success(finding)))
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
    }

    private func request(_ result: AuditResult) -> PlanRequest {
        let path = result.object.path
        let wanted: Set<ChecksumKind> =
            if case .success(let finding) = result.finding { Set(finding.wanted.prefix(1)) } else { [] }
        return PlanRequest(
            open: { [root, allowOutside] () throws(FileError) in
                try root.open(path, allowOutside: allowOutside)
            }, sizeHint: result.object.fileSize, partSize: PartSize(for: .standard), datashaKind: .state,
            withPartSHA1: false,
            checksums: wanted)
    }

    /// The new comparison; nil if reading was stopped.
    private func finding(
        of result: AuditResult, _ digest: Result<FileDigest, DigestError>
    ) -> AuditFinding? {
        switch digest {
        case .success(let digest):
            let object = result.object
            guard digest.fileSize == object.fileSize, digest.sha == object.sha else {
                return .cannotTell(.fileDiffers(object.path))
            }
            return AuditFinding(object.adding(digest.checksums), heldAgainst: result.stored)
        case .failure(.cancelled): return nil
        case .failure(let error): return .cannotTell(.fileUnread(error))
        }
    }
}
