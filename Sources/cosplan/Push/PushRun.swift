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
        /// The manifest's file; nil for a pipe.
        var node: FileNode?
        /// The SHA-256 of the manifest's bytes, in lower-case hex.
        var sha256: String
        /// The target of each document.
        var targets: ResolvedTargets
    }

    var manifests: [Manifest]
    var root: Root
    var allowOutside: Bool
    var style: ProgressMeter.Style
    /// Whether every request is reported.
    var isVerbose: Bool
    var output: StandardOutput

    /// The counts so far.
    struct Tally {
        var done = 0
        var skipped = 0
        var failures: [ExitStatus] = []

        /// The number of files that have ended, in any way.
        var ended: Int { done + skipped + failures.count }
    }

    /// Performs a real upload.
    func upload(_ configuration: UploadConfiguration, receipt path: String?) async throws {
        let receipt = try withFileFailures { try path.map { try ReceiptFile(path: $0, use: use(of:)) } }
        var tally = Tally()
        try await send(configuration, kinds: Set(DatashaKind.allCases), receipt: receipt, .upload, &tally)
        try output.finish()
        try end(tally, .upload)
    }

    /// Uploads to emulators in this process, one per kind of `datasha`; nothing is stored.
    func rehearse(_ configuration: UploadConfiguration) async throws {
        var tally = Tally()
        for kind in DatashaKind.allCases where holds(kind) && Interruption.shared.cause == nil {
            var setup = EmulatorConfiguration()
            setup.datashaKind = kind
            setup.apis = Set(EmulatedAPI.allCases)
            let emulator = Emulator(setup)
            var configuration = configuration
            do {
                let port = try await emulator.start()
                configuration.endpoint = try Endpoint("http://127.0.0.1:\(port)")
                try await send(configuration, kinds: [kind], receipt: nil, .rehearsal, &tally)
            } catch let error as EmulatorError {
                await emulator.stop()
                throw CommandFailure(error)
            } catch {
                await emulator.stop()
                throw error
            }
            await emulator.stop()
        }
        if tally.failures.isEmpty, interruption(of: tally) == nil {
            try output.line(
                "rehearsal: \(counted(tally.done, "file")) went up to the emulator; nothing was kept")
        }
        try output.finish()
        try end(tally, .rehearsal)
    }

    /// What a file is used for in this push, so that a receipt must not be written to it; nil for nothing.
    private func use(of node: FileNode) throws -> String? {
        if node == FileNode.ofRegularFile(descriptor: STDOUT_FILENO) { return "standard output" }
        if node == FileNode.ofRegularFile(descriptor: STDERR_FILENO) { return "standard error" }
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
        _ sort: NetworkRun, _ tally: inout Tally
    ) async throws {
        let session = session(configuration)
        sort.takeSignals { session.stop() }
        let board = SkippedBytes()
        let meter = ProgressMeter(
            style: style, console: .standardError, report: report(session, board: board))
        defer { meter.stop() }
        var counts = tally
        var rest = manifests[...]
        var files: ManifestFiles?
        try await session.upload(
            next: {
                while let manifest = rest.first {
                    let current = try withFileFailures { try files ?? manifest.checked.files() }
                    files = current
                    guard let entry = try withFileFailures({ try current.next() }) else {
                        rest = rest.dropFirst()
                        files = nil
                        continue
                    }
                    guard kinds.contains(entry.document.datashaKind) else { continue }
                    let job = job(entry, of: manifest)
                    let endpoint = configuration.endpoint ?? job.target.endpoint
                    guard receipt?.shows(endpoint: endpoint, job: job) ?? false else { return job }
                    counts.skipped += 1
                    board.add(job.plan.fileSize)
                    Console.standardError.detail("\(job.plan.path): the receipt says it is there; skipped")
                }
                return nil
            },
            ended: { results in
                // The results are reported even if the receipt cannot be written.
                let kept = Result { try receipt?.append(results.compactMap(\.receipt)) }
                for result in results { try say(result, &counts) }
                // Flushed at once, so that finished files are reported whatever ends the process.
                try output.flush()
                try kept.get()
            })
        tally = counts
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

    private func say(_ result: UploadResult, _ tally: inout Tally) throws {
        if let failure = result.failure {
            if failure == .interrupted, Interruption.shared.cause != nil { return }
            Console.standardError.error(failure.line(for: result.job))
            // It was not stopped by a signal, so the file counts as failed.
            tally.failures.append(failure == .interrupted ? .tryAgain : ExitStatus(failure))
            return
        }
        tally.done += 1
        guard let receipt = result.receipt else { return }
        let plan = result.job.plan
        try output.line(
            "\(receipt.result.rawValue)  \(plan.key.text.escapedForDisplay)  \(ByteText.size(plan.fileSize))"
                + Self.pieces(of: receipt))
    }

    /// `, 3 slices sent, 2 were there`; empty for a file that went up in one request.
    private static func pieces(of receipt: Receipt) -> String {
        let piece: String
        switch receipt.identity.api {
        case .json: piece = "slice"
        case .xml, .s3:
            guard receipt.uploadID != nil else { return "" }
            piece = "part"
        }
        guard receipt.result == .uploaded, receipt.slicesSent + receipt.slicesFound > 0 else { return "" }
        let found = receipt.slicesFound > 0 ? ", \(receipt.slicesFound) were there" : ""
        return ", \(counted(receipt.slicesSent, piece)) sent\(found)"
    }

    private func report(
        _ session: UploadSession, board: SkippedBytes
    ) -> @Sendable () -> ProgressReport {
        let total = manifests.reduce(Int64(0)) {
            $0.addingClamped($1.checked.totalBytes)
        }
        let count = fileCount
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

    private var fileCount: Int { manifests.reduce(0) { $0 + $1.checked.fileCount } }

    /// The signal that stopped the upload before all files had ended; nil if it came too late for that.
    private func interruption(of tally: Tally) -> Interruption.Cause? {
        tally.ended < fileCount ? Interruption.shared.cause : nil
    }

    private func end(_ tally: Tally, _ sort: NetworkRun) throws {
        if tally.skipped > 0 {
            let they = tally.skipped == 1 ? "it is" : "they are"
            Console.standardError.note(
                "\(counted(tally.skipped, "file")) skipped: the receipt says \(they) there")
        }
        if let cause = interruption(of: tally) {
            throw CommandFailure(cause.status, sort.interrupted(done: tally.done))
        }
        guard !tally.failures.isEmpty else { return }
        let done = tally.done + tally.skipped
        if done + tally.failures.count > 1 {
            Console.standardError.note("\(done) done, \(tally.failures.count) failed")
        }
        throw CommandFailure(.ofBatch(done: done, failures: tally.failures), nil)
    }
}
