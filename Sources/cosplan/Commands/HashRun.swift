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
        /// Its identity when it was found.
        var found: FileIdentity
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
    /// The shard of several machines' work; nil if this is all of it.
    var shard: HashShard?
    var plan: PlanSettings
    var writer: ManifestWriter
    /// What an earlier plan contributes.
    var update: PlanUpdate
    /// Writes the index of the files' time stamps, if it is wanted.
    var stamps: StampsWriter?
    var engine: DigestEngine
    var allowOutside: Bool
    var keepGoing: Bool
    /// Files that could not even be found or named.
    var failedBefore = 0

    /// Plans the files and writes the manifest of those that could be planned.
    ///
    /// - Throws: ``CommandFailure`` at the first failure, unless ``keepGoing`` is set; nothing is written
    ///   then.
    func run(style: ProgressMeter.Style, to destination: PlanDestination) throws -> Outcome {
        var entries = EntryStore(count: files.count, bytesInMemory: Self.bytesInMemory)
        // A shard is sealed by its entries in YAML, whatever its format.
        let yaml = ManifestWriter(format: .yaml, document: writer.document)
        var yamlEntries =
            shard != nil && writer.format == .json
            ? EntryStore(count: files.count, bytesInMemory: Self.bytesInMemory) : nil
        var outcome = Outcome()
        let bytesTakenOver = takeOver(into: &entries, &outcome)
        let start = ContinuousClock.now
        var bytes: Int64 = 0
        try digest(style: style) { index, result in
            switch result {
            case .success(let digest):
                let path = files[index].path
                Console.standardError.detail(
                    "planned \(WorkDone(path, digest.fileSize, parts: digest.parts.count))")
                bytes += digest.fileSize
                try shard?.check(files[index], plannedSize: digest.fileSize)
                let file = plan.plan(of: path, key: files[index].key, from: digest)
                try entries.put(writer.entry(file), at: index)
                try yamlEntries?.put(yaml.entry(file), at: index)
                outcome.done += 1
            case .failure(let error):
                guard keepGoing, error != .cancelled else {
                    throw CommandFailure(ExitStatus(error), error.text)
                }
                Console.standardError.error(error.text)
                outcome.failures.append(ExitStatus(error))
            }
        }
        guard outcome.done > 0 || shard != nil else { return outcome }
        let whole = try sealedWriter(yamlEntries ?? entries)
        let writing = ProgressMeter(style: style, console: .standardError) {
            var report = ProgressReport(phase: "writing the manifest")
            report.unit = .nothing
            return report
        }
        defer { writing.stop() }
        let digest = try destination.write(isDigestWanted: stamps != nil) { output in
            try output.write(whole.header)
            try entries.write(to: output, separator: whole.separator)
            try output.write(whole.footer(fileCount: outcome.done))
        }
        if let stamps, let digest {
            let ranges = entries.ranges(before: writer.header.count, separator: writer.separator.count)
            try stamps.write(plan: digest, files, entries: ranges)
        }
        writing.stop()
        // Files are hashed concurrently, so a rate exists only for all of them together.
        var summary = WorkSummary(
            "planned", files: outcome.done, bytes: bytesTakenOver.addingClamped(bytes), in: .now - start)
        if !update.untouched.isEmpty { summary.readBytes = bytes }
        summary.failed = failedBefore + outcome.failures.count
        Console.standardError.summary(summary)
        return outcome
    }

    /// The writer of the document; for a shard it also writes the digests that tie it to the other shards.
    private func sealedWriter(_ yamlEntries: EntryStore) throws -> ManifestWriter {
        try shard?.writer(writer, sealing: yamlEntries) ?? writer
    }

    /// Takes over the earlier manifest's entries of files that are untouched since; returns the sum of their sizes.
    private func takeOver(into entries: inout EntryStore, _ outcome: inout Outcome) -> Int64 {
        guard let text = update.text, !update.untouched.isEmpty else { return 0 }
        var bytes: Int64 = 0
        for index in files.indices {
            guard let range = update.untouched[index] else { continue }
            Console.standardError.detail("untouched since it was planned: \(files[index].path)")
            entries.put(range, of: text, at: index)
            bytes = bytes.addingClamped(files[index].found.size)
        }
        outcome.done += update.untouched.count
        Console.standardError.note(
            "\(counted(update.untouched.count, "file")) untouched since, not read again")
        return bytes
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
        let places = files.indices.filter { update.untouched[$0] == nil }
        let meter = ProgressMeter(
            style: style, console: .standardError, report: report(progress, of: places.map { files[$0] }))
        defer { meter.stop() }
        var thrown: (any Error)?
        engine.plan(
            places.map(request), progress: progress, cancellation: cancellation
        ) { index, result in
            do {
                try finished(places[index], result)
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

    private func request(_ index: Int) -> PlanRequest {
        let (root, allowOutside, file, opened) = (root, allowOutside, files[index], stamps?.opened)
        var request = plan.request(sizeHint: file.found.size) { () throws(FileError) in
            let open = try root.open(file.path, allowOutside: allowOutside, looked: true)
            opened?.note(index, open)
            return open
        }
        if !update.earlier.isEmpty { request.earlier = EarlierFile(file.path, in: update.earlier) }
        return request
    }

    private func report(_ progress: DigestProgress, of files: [File]) -> @Sendable () -> ProgressReport {
        let paths = files.map(\.path)
        let total = files.reduce(0) { $0 + $1.found.size }
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
}
