import PlanCore
import PlanDigest

/// Checks a file's bytes before its upload begins.
///
/// An init with the digests of a damaged plan or a changed file would block the key for the correct upload.
///
/// Blocks on reading and hashing; do not call it in the cooperative pool.
struct SourceCheck: Sendable {
    /// Hashes one part.
    let part: PartCheck
    /// Hashes a whole file on all processors, like `verify --bytes`.
    let whole: DigestEngine

    /// Checks the first part only: the service may turn out to have the file, which is then read no further.
    func first(of source: CheckedSliceSource) throws(UploadFailure) {
        guard !source.plan.parts.isEmpty else { return }
        try source.check(part: 0, part)
    }

    /// Checks every part.
    ///
    /// - Throws: ``UploadFailure/interrupted`` if `cancellation` stops it; otherwise as ``first(of:)``.
    func all(of file: SizeCheckedFile, cancellation: Cancellation) throws(UploadFailure) {
        let report: CheckReport
        do throws(DigestError) {
            report = try whole.check(file.file, against: file.plan, cancellation: cancellation)
        } catch {
            switch error {
            case .file(let error): throw .source(error)
            case .cancelled: throw .interrupted
            }
        }
        for finding in report.findings {
            if let failure = UploadFailure(finding, in: file.plan) { throw failure }
        }
    }
}

extension UploadFailure {
    /// The failure that `finding` means for the upload of `plan`; nil for a damaged digest that is not sent.
    fileprivate init?(_ finding: Finding, in plan: PlannedFile) {
        switch finding {
        case .appended(let planned, let found), .truncated(let planned, let found):
            self = .sizeDiffers(path: plan.path, planned: planned, found: found)
        case .plainDigestsInsteadOfStates, .bigEndianStates, .statesInsteadOfPlainDigests:
            self = .bytesDiffer(in: plan, part: 0)
        case .damagedSHA: self = .bytesDiffer(in: plan, part: plan.parts.count - 1)
        case .damagedDatasha(let part, _, _): self = .bytesDiffer(in: plan, part: part)
        case .damagedSHA1, .damagedChecksum: return nil
        case .dataDiffers(_, let parts), .damagedDatashaAmong(let parts), .dataOrLinesDiffer(_, let parts):
            self = .bytesDiffer(in: plan, part: parts.lowerBound)
        }
    }

    static func bytesDiffer(in plan: PlannedFile, part: Int) -> Self {
        .bytesDiffer(
            path: plan.path, part: part, count: plan.parts.count, range: plan.partLayout.range(of: part))
    }
}
