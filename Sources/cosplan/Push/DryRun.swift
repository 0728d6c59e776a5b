import COSProtocol
import COSUpload
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore
import Synchronization

/// Says what a push would send; sends nothing.
struct DryRun {
    /// The push.
    var push: PushRun
    /// The maximum size for the simple upload.
    ///
    /// **Unit**: bytes.
    var simpleUpTo: Int64
    var parts: PartOptions

    /// Reports what a push would do with each file, judging by the receipt at `path`, its size and its plan.
    func run(receipt path: String?) throws {
        let receipt = try withFileFailures { try path.flatMap { try ReceiptFile.known(path: $0) } }
        _ = try push.checkTickets(limit: nil) { job in
            receipt?.shows(endpoint: job.target.endpoint, target: job.target, plan: job.plan) ?? false
        }
        let start = ContinuousClock.now
        let looked = LookedAt()
        let files = push.manifests.reduce(0) { $0 + $1.fileCount }
        let meter = ProgressMeter(style: push.style, console: .standardError) {
            var report = ProgressReport(phase: "looking")
            report.unit = .files
            report.doneFiles = looked.count
            report.totalFiles = files
            return report
        }
        defer { meter.stop() }
        var tally = PushTally()
        var result = try PushResult(.dryRun, as: push.format, to: push.output)
        var chosen = push.chosenFiles
        try withFileFailures {
            for manifest in push.manifests {
                let files = try manifest.checked.files()
                while let entry = try chosen.next(of: files) {
                    try add(push.job(entry, of: manifest), receipt, &tally, &result)
                    looked.step()
                }
            }
        }
        meter.stop()
        let status = ExitStatus.ofBatch(done: tally.done + tally.skipped, failures: tally.failures)
        let failed = tally.failures.count
        var summary = WorkSummary("looked at", files: files - failed, bytes: tally.bytes, in: .now - start)
        summary.movesBytes = false
        summary.skipped = tally.skipped
        summary.failed = failed
        try result.end(tally, summary, exit: status, of: files, text: Self.end(tally))
        guard status == .done else { throw CommandFailure(status, nil) }
    }

    /// Tells what would become of one file.
    private func add(
        _ job: UploadJob, _ receipt: ReceiptLog?, _ tally: inout PushTally, _ result: inout PushResult
    ) throws {
        let plan = job.plan
        if receipt?.shows(endpoint: job.target.endpoint, target: job.target, plan: plan) ?? false {
            tally.skip()
            return try result.add(
                PushResult.File("skipped", plan),
                text: "skip  \(plan.key.text.escapedForDisplay)  the receipt says it is there")
        }
        if let problem = sourceProblem(job) { return try fail(plan, problem, &tally, &result) }
        let (place, requests): (String, String)
        do throws(UploadFailure) {
            (place, requests) = try way(of: job)
        } catch {
            return try fail(plan, (ExitStatus(error), error.line(for: job)), &tally, &result)
        }
        tally.wouldSend(bytes: plan.fileSize)
        var file = PushResult.File("would send", plan)
        file.url = place
        file.requests = requests
        let mode = plan.insertOnly == .overwrite ? ", replacing what is there" : ""
        try result.add(
            file,
            text: "send  \(plan.path) -> \(place)  \(ByteText.size(plan.fileSize))  \(requests)\(mode)")
    }

    private func fail(
        _ plan: PlannedFile, _ problem: (status: ExitStatus, description: String), _ tally: inout PushTally,
        _ result: inout PushResult
    ) throws {
        Console.standardError.error(problem.description)
        tally.fail(problem.status)
        var file = PushResult.File("failed", plan)
        file.error = problem.description
        try result.add(file)
    }

    /// `dry run: would send 2 files, 300 MiB, skip 1, 3 could not be sent; nothing was sent`.
    private static func end(_ tally: PushTally) -> String {
        let skipped = tally.skipped > 0 ? ", skip \(tally.skipped)" : ""
        let failed = tally.failures.isEmpty ? "" : ", \(tally.failures.count) could not be sent"
        return
            "dry run: would send \(counted(tally.done, "file")), \(ByteText.size(tally.bytes))\(skipped)\(failed); "
            + "nothing was sent"
    }

    /// Why a job's file could not go up, as far as its size tells.
    private func sourceProblem(_ job: UploadJob) -> (status: ExitStatus, description: String)? {
        if let failure = UploadFailure.longPart(of: job.plan) {
            return (ExitStatus(failure), failure.line(for: job))
        }
        do throws(FileError) {
            let found = try push.root.open(job.plan.path, allowOutside: push.allowOutside).identity.size
            guard found != job.plan.fileSize else { return nil }
            let failure = UploadFailure.sizeDiffers(
                path: job.plan.path, planned: job.plan.fileSize, found: found)
            return (ExitStatus(failure), failure.line(for: job))
        } catch {
            return (ExitStatus(error), error.text)
        }
    }

    /// Where a job's file would go, and by which requests.
    private func way(of job: UploadJob) throws(UploadFailure) -> (place: String, requests: String) {
        let plan = job.plan
        let place: String
        do throws(EndpointError) {
            place = try job.target.url(of: plan.key)
        } catch {
            throw .badAddress(error)
        }
        switch job.target {
        case .json:
            guard !Upload.isSimple(plan, upTo: simpleUpTo) else { return (place, "upload") }
            let slices = Layout(fileSize: plan.fileSize, pieceSize: plan.sliceSize.bytes).count
            return (place, "init, \(counted(slices, "slice")) of \(plan.sliceSize.bytes) bytes, finish")
        case .xml, .s3:
            guard let upload = try parts.upload(of: plan, to: job.target) else { return ("", "") }
            guard !upload.sizing.isPut else { return (place, "put") }
            let (count, size) = (upload.sizing.layout.count, upload.sizing.layout.pieceSize)
            return (
                place,
                "begin, \(counted(count, "part")) of \(size) bytes, finish, at most "
                    + "\(ByteText.size(UploadConfiguration.memory(ofPartsOf: size))) of them in memory"
            )
        }
    }
}

/// How many files a dry run has looked at.
///
/// A class because it writes what the display reads.
private final class LookedAt: Sendable {
    private let files = Atomic<Int>(0)
    var count: Int { files.load(ordering: .relaxed) }
    func step() { files.add(1, ordering: .relaxed) }
}
