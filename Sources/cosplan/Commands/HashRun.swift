import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Hashes files whose keys are known and writes their manifest.
struct HashRun {
    /// A file to plan.
    struct File: Sendable {
        var path: LocalPath
        var key: ObjectKey
        /// The approximate size.
        ///
        /// **Unit**: bytes.
        var sizeHint: Int64
    }

    /// The result of a run.
    struct Outcome {
        var done = 0
        var failures: [ExitStatus] = []
    }

    /// The message of a run that was stopped before it wrote anything.
    static let interrupted = "interrupted: nothing was written; start the same command again"

    /// Entries beyond this go to an unnamed temporary file.
    ///
    /// **Unit**: bytes.
    private static let bytesInMemory = 8 << 20

    var root: Root
    /// Sorted by path.
    var files: [File]
    var plan: PlanSettings
    var writer: ManifestWriter
    var engine: DigestEngine
    var allowOutside: Bool
    var keepGoing: Bool

    /// Plans the files and writes the manifest of those that could be planned.
    ///
    /// - Throws: ``CommandFailure`` at the first failure, unless ``keepGoing`` is set; nothing is written
    ///   then.
    func run(style: ProgressMeter.Style, to destination: PlanDestination) throws -> Outcome {
        var entries = EntryStore(count: files.count, bytesInMemory: Self.bytesInMemory)
        var outcome = Outcome()
        let start = ContinuousClock.now
        var bytes: Int64 = 0
        try digest(style: style) { index, result in
            switch result {
            case .success(let digest):
                let path = files[index].path
                Console.standardError.detail(
                    "planned \(WorkDone(path, digest.fileSize, parts: digest.parts.count))")
                bytes += digest.fileSize
                try entries.put(writer.entry(planned(files[index], digest)), at: index)
                outcome.done += 1
            case .failure(let error):
                guard keepGoing, error != .cancelled else {
                    throw CommandFailure(ExitStatus(error), error.text)
                }
                Console.standardError.error(error.text)
                outcome.failures.append(ExitStatus(error))
            }
        }
        guard outcome.done > 0 else { return outcome }
        try destination.write { output in
            try output.write(writer.header)
            try entries.write(to: output, separator: writer.separator)
            try output.write(writer.footer(fileCount: outcome.done))
        }
        // Files are hashed concurrently, so a rate exists only for all of them together.
        Console.standardError.summary(WorkDone.summary("planned", outcome.done, bytes, in: .now - start))
        return outcome
    }

    /// Runs the engine with a progress display.
    ///
    /// An error thrown by `finished` stops it.
    private func digest(
        style: ProgressMeter.Style, finished: (Int, Result<FileDigest, DigestError>) throws -> Void
    ) throws {
        let progress = DigestProgress()
        let cancellation = Cancellation()
        Interruption.shared.take(
            first: { _ in cancellation.cancel() },
            second: { cause in
                Interruption.endAtOnce(
                    cause, "interrupted: no whole manifest was written; start the same command again")
            })
        let meter = ProgressMeter(style: style, console: .standardError, report: report(progress))
        defer { meter.stop() }
        var thrown: (any Error)?
        engine.plan(requests, progress: progress, cancellation: cancellation) { index, result in
            do {
                try finished(index, result)
                return true
            } catch {
                thrown = error
                return false
            }
        }
        meter.stop()
        if let cause = Interruption.shared.cause {
            throw CommandFailure(cause.status, Self.interrupted)
        }
        if let thrown { throw thrown }
    }

    private var requests: [PlanRequest] {
        files.map { [root, allowOutside] file in
            PlanRequest(
                open: { () throws(FileError) in
                    try root.open(file.path, allowOutside: allowOutside, looked: true)
                },
                sizeHint: file.sizeHint, partSize: plan.part, datashaKind: plan.datashaKind,
                withPartSHA1: plan.withPartSHA1, checksums: plan.checksums)
        }
    }

    private func report(_ progress: DigestProgress) -> @Sendable () -> ProgressReport {
        let paths = files.map(\.path)
        let total = files.reduce(0) { $0 + $1.sizeHint }
        return {
            var report = ProgressReport(phase: "hashing")
            report.doneBytes = progress.bytesDone
            report.totalBytes = max(total, report.doneBytes)
            report.doneFiles = progress.filesDone
            report.totalFiles = paths.count
            report.files = progress.currentFiles.map {
                .init(name: paths[$0.index].text, doneBytes: $0.done, totalBytes: $0.size)
            }
            return report
        }
    }

    private func planned(_ file: File, _ digest: FileDigest) -> PlannedFile {
        PlannedFile(
            path: file.path, key: file.key, sha: digest.sha, checksums: digest.checksums,
            sliceSize: plan.slice, insertOnly: plan.insertOnly, bizAttr: plan.bizAttr,
            datashaKind: plan.datashaKind,
            partLayout: Layout(fileSize: digest.fileSize, pieceSize: plan.part.bytes), parts: digest.parts)
    }
}
