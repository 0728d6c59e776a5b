import COSEmulator
import COSProtocol
import COSUpload
import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore
import XMLProtocol

/// Uploads the files of checked manifests, reports each result, and keeps the receipt.
struct PushRun {
    /// A manifest of the command.
    struct Manifest {
        var checked: CheckedManifest
        /// How many of its files are pushed, and their size in all.
        var fileCount: Int
        var totalBytes: Int64
        /// The manifest's file; nil for a pipe.
        var node: FileNode?
        /// The SHA-256 of the manifest's bytes, in lower-case hex.
        var sha256: String
        /// The target of each document.
        var targets: ResolvedTargets
    }

    var manifests: [Manifest]
    /// Which of their files are pushed.
    var choice: FileChoice
    /// Which of these are this machine's; nil for all.
    var shard: PushShard?
    /// The tickets that sign; nil if requests are signed here.
    var supply: TicketSupply?
    var root: Root
    var allowOutside: Bool
    var style: ProgressMeter.Style
    /// Whether every request is reported.
    var isVerbose: Bool
    var format: ResultFormat
    var output: StandardOutput

    /// The tally, the output and the start of one run.
    private struct Course {
        var tally = PushTally()
        var result: PushResult
        var failures = FailureLines()
        /// Whether no more files are begun, because the store refuses the credentials.
        var isGivenUp = false
        let start = ContinuousClock.now
    }

    /// Performs a real upload.
    func upload(_ configuration: UploadConfiguration, receipt path: String?) async throws {
        let receipt = try withFileFailures { try path.map { try ReceiptFile(path: $0, use: use(of:)) } }
        let watch = try checkTickets(limit: configuration.bytesPerSecond) { job in
            receipt?.shows(endpoint: job.target.endpoint, job: job) ?? false
        }
        var course = Course(result: try PushResult(.upload, as: format, to: output))
        try await ending(&course, .upload) { course in
            try await send(
                configuration, kinds: Set(DatashaKind.allCases), receipt: receipt, watch: watch, .upload,
                &course)
        }
    }

    /// Uploads to emulators in this process, one per kind of `datasha`; nothing is stored.
    func rehearse(_ configuration: UploadConfiguration) async throws {
        var course = Course(result: try PushResult(.rehearsal, as: format, to: output))
        try await ending(&course, .rehearsal) { course in
            for kind in DatashaKind.allCases where holds(kind) && Interruption.shared.cause == nil {
                try await rehearse(configuration, kind, &course)
            }
        }
    }

    /// Uploads the files of one kind to an emulator of that kind.
    private func rehearse(
        _ configuration: UploadConfiguration, _ kind: DatashaKind, _ course: inout Course
    ) async throws {
        var setup = EmulatorConfiguration()
        setup.datashaKind = kind
        setup.apis = Set(EmulatedAPI.allCases)
        let emulator = Emulator(setup)
        var configuration = configuration
        do {
            let port = try await emulator.start()
            configuration.endpoint = try Endpoint("http://127.0.0.1:\(port)")
            try await send(configuration, kinds: [kind], receipt: nil, .rehearsal, &course)
        } catch let error as EmulatorError {
            await emulator.stop()
            throw CommandFailure(error)
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }

    /// Runs `body`, then writes the result and the summary and ends the command, whether it succeeded or failed.
    private func ending(
        _ course: inout Course, _ mode: NetworkRun, _ body: (inout Course) async throws -> Void
    ) async throws {
        let failure: CommandFailure?
        do {
            try await body(&course)
            failure = self.failure(of: course.tally, mode)
        } catch let error as CommandFailure {
            failure = error
        }
        course.failures.end()
        let tally = course.tally
        if course.isGivenUp, tally.ended < fileCount {
            Console.standardError.error(
                "\(counted(fileCount - tally.ended, "file")) not begun: the credentials are refused")
        }
        let rehearsed = mode == .rehearsal && failure == nil
        let summary = tally.summary(
            mode == .upload ? "pushed" : "rehearsed", of: fileCount, in: .now - course.start)
        try course.result.end(
            tally, summary, exit: failure?.status ?? .done, of: fileCount,
            text: rehearsed
                ? "rehearsal: \(counted(tally.done, "file")) went up to the emulator; nothing was kept" : nil)
        Console.standardError.summary(summary)
        if let failure { throw failure }
    }

    /// What a file is used for in this push, so that a receipt must not be written to it; nil for nothing.
    private func use(of node: FileNode) throws -> String? {
        if node == FileNode.ofRegularFile(descriptor: STDOUT_FILENO) { return "standard output" }
        if node == FileNode.ofRegularFile(descriptor: STDERR_FILENO) { return "standard error" }
        if let supply, node == supply.node { return "the file of tickets" }
        for manifest in manifests {
            if manifest.node == node { return "a manifest that is pushed" }
            let files = try manifest.checked.files()
            while let entry = try files.next() {
                // A file that cannot be opened is reported when it is uploaded.
                let file = try? root.open(entry.file.path, allowOutside: allowOutside)
                if file?.identity.node == node { return "a file that is pushed" }
            }
        }
        return nil
    }

    private func send(
        _ configuration: UploadConfiguration, kinds: Set<DatashaKind>, receipt: ReceiptFile?,
        watch: TicketWatch? = nil,
        _ mode: NetworkRun, _ course: inout Course
    ) async throws {
        let session = session(configuration)
        mode.takeSignals(stop: { session.stop() }, abandon: { session.abandon() })
        let board = SkippedBytes()
        let meter = ProgressMeter(
            style: style, console: .standardError, report: report(session, board: board))
        defer { meter.stop() }
        let progress = session.progress
        let watching = watch.map { watch in Task { await watch.run(progress) } }
        defer { watching?.cancel() }
        var now = course
        defer {
            now.tally.add(progress.snapshot)
            course = now
        }
        var rest = manifests[...]
        var files: ManifestFiles?
        var chosen = chosenFiles
        try await session.upload(
            next: {
                while let manifest = rest.first {
                    let current = try withFileFailures { try files ?? manifest.checked.files() }
                    files = current
                    guard let entry = try withFileFailures({ try chosen.next(of: current) }) else {
                        rest = rest.dropFirst()
                        files = nil
                        continue
                    }
                    guard kinds.contains(entry.document.datashaKind) else { continue }
                    let job = job(entry, of: manifest)
                    let endpoint = configuration.endpoint ?? job.target.endpoint
                    guard receipt?.shows(endpoint: endpoint, job: job) ?? false else { return job }
                    now.tally.skip()
                    try now.result.add(PushResult.File("skipped", job.plan))
                    board.add(job.plan.fileSize)
                    Console.standardError.detail("\(job.plan.path): the receipt says it is there; skipped")
                }
                return nil
            },
            ended: { results in
                // The results are reported even if the receipt cannot be written.
                let kept = Result { try receipt?.append(results.compactMap(\.receipt)) }
                // Every file has a ticket of its own.
                if supply == nil, results.contains(where: { $0.failure?.refusesCredentials == true }) {
                    now.isGivenUp = true
                    session.stop()
                }
                for result in results { try say(result, &now) }
                // Flushed at once, so that finished files are reported whatever ends the process.
                try output.flush()
                try kept.get()
            })
        meter.stop()
    }

    private func session(_ configuration: UploadConfiguration) -> UploadSession {
        // Only with -v: a blocked standard error must not stop the upload.
        var watch: (@Sendable (UploadEvent) -> Void)?
        if isVerbose { watch = { event in Console.standardError.detail("\(event)") } }
        return UploadSession(
            configuration, watch: watch, warn: { warning in Console.standardError.warning("\(warning)") })
    }

    private func holds(_ kind: DatashaKind) -> Bool {
        manifests.contains { $0.checked.documents.contains { $0.datashaKind == kind } }
    }

    func job(_ entry: ManifestFile, of manifest: Manifest) -> UploadJob {
        UploadJob(
            plan: entry.file, target: manifest.targets.targets[entry.documentIndex], root: root,
            allowOutside: allowOutside, manifestSHA256: manifest.sha256)
    }

    private func say(_ result: UploadResult, _ course: inout Course) throws {
        if let failure = result.failure {
            if failure == .interrupted, course.isGivenUp || Interruption.shared.cause != nil { return }
            let line = failure.line(for: result.job)
            if supply != nil, failure.verdict == .credentials {
                Console.standardError.error(line)
            } else {
                course.failures.say(failure, line, at: result.job.target)
            }
            // It was not stopped by a signal, so the file counts as failed.
            course.tally.fail(failure == .interrupted ? .tryAgain : ExitStatus(failure))
            guard result.receipt == nil else { return try add(result, &course) }
            var file = PushResult.File("failed", result.job.plan)
            file.error = line
            return try course.result.add(file)
        }
        guard let receipt = result.receipt else { return }
        course.tally.add(receipt.result, bytes: result.job.plan.fileSize)
        try add(result, &course)
    }

    private func add(_ result: UploadResult, _ course: inout Course) throws {
        guard let receipt = result.receipt else { return }
        try course.result.add(receipt, of: result.job.plan)
    }

    private func report(
        _ session: UploadSession, board: SkippedBytes
    ) -> @Sendable () -> ProgressReport {
        let (total, count) = (totalBytes, fileCount)
        return {
            let now = session.progress.snapshot
            var report = ProgressReport(phase: "sending")
            report.totalBytes = total
            report.totalFiles = count
            report.doneBytes = now.bytesDone.addingClamped(board.bytes)
            report.doneFiles = now.filesDone + now.filesFailed + board.files
            report.retries = now.retries
            report.lastReason = now.lastReason
            report.wait = now.longestWait.flatMap(ProgressReport.text(of:))
            report.files = now.files.map { file in
                .init(
                    name: file.path.text, doneBytes: file.bytesDone, totalBytes: file.fileSize,
                    phase: file.phase == .sending ? nil : file.phase.rawValue)
            }
            return report
        }
    }

    private var fileCount: Int { manifests.reduce(0) { $0 + $1.fileCount } }

    private var totalBytes: Int64 { manifests.reduce(0) { $0.addingClamped($1.totalBytes) } }

    /// The signal that stopped the upload before all files had ended; nil if it came too late for that.
    private func interruption(of tally: PushTally) -> Interruption.Cause? {
        tally.ended < fileCount ? Interruption.shared.cause : nil
    }

    /// The failure that a completed push reports; nil for success.
    private func failure(of tally: PushTally, _ mode: NetworkRun) -> CommandFailure? {
        if let cause = interruption(of: tally) {
            return CommandFailure(cause.status, mode.interrupted(done: tally.done))
        }
        guard !tally.failures.isEmpty else { return nil }
        // New tickets are all that the rest needs, even if other files are done.
        if supply != nil, tally.failures.allSatisfy({ $0 == .credentials }) {
            return CommandFailure(.credentials, nil)
        }
        return CommandFailure(.ofBatch(done: tally.done + tally.skipped, failures: tally.failures), nil)
    }
}
