import COSProtocol
import COSUpload
import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import XMLProtocol

extension PushRun {
    /// Prints what would be sent; sends nothing.
    func describe(_ parts: PartOptions, simpleUpTo: Int64, receipt path: String?) throws {
        let receipt = try withFileFailures { try path.flatMap { try ReceiptFile.known(path: $0) } }
        var tally = Tally()
        try withFileFailures {
            for manifest in manifests {
                try manifest.checked.forEachFile { entry in
                    let job = job(entry, of: manifest)
                    let endpoint = job.target.endpoint
                    if receipt?.shows(endpoint: endpoint, target: job.target, plan: job.plan) ?? false {
                        tally.skipped += 1
                        try output.line(
                            "skip  \(job.plan.key.text.escapedForDisplay)  the receipt says it is there")
                        return
                    }
                    if let problem = sourceProblem(job) {
                        Console.standardError.error(problem.description)
                        tally.failures.append(problem.status)
                        return
                    }
                    let summary: String
                    do throws(UploadFailure) {
                        summary = try Self.summary(of: job, parts, simpleUpTo: simpleUpTo)
                    } catch {
                        Console.standardError.error(error.line(for: job))
                        tally.failures.append(ExitStatus(error))
                        return
                    }
                    tally.done += 1
                    try output.line(summary)
                }
            }
            try output.line(Self.dryRunEnd(tally))
        }
        try output.finish()
        guard !tally.failures.isEmpty else { return }
        throw CommandFailure(.ofBatch(done: tally.done + tally.skipped, failures: tally.failures), nil)
    }

    /// For example `dry run: would send 2 files, skip 1, 3 could not be sent; nothing was sent`.
    private static func dryRunEnd(_ tally: Tally) -> String {
        let skipped = tally.skipped > 0 ? ", skip \(tally.skipped)" : ""
        let failed = tally.failures.isEmpty ? "" : ", \(tally.failures.count) could not be sent"
        return "dry run: would send \(counted(tally.done, "file"))\(skipped)\(failed); nothing was sent"
    }

    /// Why a job's file could not be sent, as far as its size tells.
    private func sourceProblem(_ job: UploadJob) -> (status: ExitStatus, description: String)? {
        if let failure = UploadFailure.longPart(of: job.plan) {
            return (ExitStatus(failure), failure.line(for: job))
        }
        do throws(FileError) {
            let found = try root.open(job.plan.path, allowOutside: allowOutside).identity.size
            guard found != job.plan.fileSize else { return nil }
            let failure = UploadFailure.sizeDiffers(
                path: job.plan.path, planned: job.plan.fileSize, found: found)
            return (ExitStatus(failure), failure.line(for: job))
        } catch {
            return (ExitStatus(error), error.text)
        }
    }

    private static func summary(
        of job: UploadJob, _ parts: PartOptions, simpleUpTo: Int64
    ) throws(UploadFailure) -> String {
        let plan = job.plan
        let place: String
        do throws(EndpointError) { place = try job.target.url(of: plan.key) } catch {
            throw .badAddress(error)
        }
        let requests: String
        switch job.target {
        case .json:
            if Upload.isSimple(plan, upTo: simpleUpTo) {
                requests = "upload"
            } else {
                let slices = Layout(fileSize: plan.fileSize, pieceSize: plan.sliceSize.bytes).count
                requests = "init, \(counted(slices, "slice")) of \(plan.sliceSize.bytes) bytes, finish"
            }
        case .xml, .s3:
            guard let upload = try parts.upload(of: plan, to: job.target) else { return "" }
            let (count, size) = (upload.sizing.layout.count, upload.sizing.layout.pieceSize)
            requests =
                upload.sizing.isPut
                ? "put"
                : "begin, \(counted(count, "part")) of \(size) bytes, finish, at most "
                    + "\(ByteText.size(UploadConfiguration.memory(ofPartsOf: size))) of them in memory"
        }
        let mode = plan.insertOnly == .overwrite ? ", replacing what is there" : ""
        return "send  \(plan.path) -> \(place)  \(ByteText.size(plan.fileSize))  \(requests)\(mode)"
    }
}
