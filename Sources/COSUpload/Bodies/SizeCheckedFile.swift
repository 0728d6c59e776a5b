import PlanCore
import PlanFiles

/// A planned file that is open and has the planned size.
///
/// The uploader accepts only this type.
///
/// Its bytes are checked later, in the buffer that is sent.
struct SizeCheckedFile: Sendable {
    /// The plan without the parts' plain digests: they are never sent, and the running states prove every
    /// byte.
    let plan: PlannedFile
    let file: OpenFile

    /// The maximum length of a part: one that crosses the edge of a slice is held in memory whole.
    ///
    /// **Unit**: bytes. Larger than any part that `hash` plans.
    static let maximumPartLength: Int64 = 16 << 20

    /// Opens the job's file.
    ///
    /// - Throws: ``UploadFailure/partTooLong(path:length:limit:)``, ``UploadFailure/source(_:)`` if it cannot
    ///   be opened, ``UploadFailure/sizeDiffers(path:planned:found:)``.
    init(_ job: UploadJob) throws(UploadFailure) {
        if let failure = UploadFailure.longPart(of: job.plan) { throw failure }
        plan = job.plan.withoutPartDigests
        do throws(FileError) {
            file = try job.root.open(job.plan.path, allowOutside: job.allowOutside)
        } catch {
            throw .source(error)
        }
        guard file.identity.size == plan.fileSize else {
            throw .sizeDiffers(path: plan.path, planned: plan.fileSize, found: file.identity.size)
        }
        do throws(FileError) { try file.checkEnd() } catch { throw .source(error) }
    }
}

extension UploadFailure {
    /// The failure of a plan whose parts are too long to be checked; nil if they are not.
    package static func longPart(of plan: PlannedFile) -> UploadFailure? {
        let length = min(plan.partLayout.pieceSize, plan.fileSize)
        guard length > SizeCheckedFile.maximumPartLength else { return nil }
        return .partTooLong(path: plan.path, length: length, limit: SizeCheckedFile.maximumPartLength)
    }
}

extension PlannedFile {
    fileprivate var withoutPartDigests: PlannedFile {
        PlannedFile(
            path: path, key: key, sha: sha, sliceSize: sliceSize, insertOnly: insertOnly, bizAttr: bizAttr,
            datashaKind: datashaKind, partLayout: partLayout,
            parts: parts.map { Part(range: $0.range, datasha: $0.datasha, sha1: nil) })
    }
}
