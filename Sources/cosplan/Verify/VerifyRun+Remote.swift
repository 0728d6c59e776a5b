import COSUpload
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

extension VerifyRun {
    /// The options of `verify --remote`.
    struct RemoteOptions {
        var connection: ConnectionOptions
        var keysAtOnce: Int
        /// The local files, read for digests that a plan lacks; nil without `--bytes`.
        var files: (root: Root, engine: DigestEngine)?
        var style: ProgressMeter.Style
        /// Whether every request is reported.
        var isVerbose: Bool
    }

    /// The queries of one input.
    private struct Questions {
        /// The input's index.
        let index: Int
        /// `plan` or `receipt`.
        let record: String
        /// The number of files to ask for.
        let count: Int
        /// The targets of the files.
        let targets: [Target]
        /// The targets of a manifest's documents; nil for a receipt.
        let resolved: ResolvedTargets?
        /// Returns an iterator over the files.
        let files: () throws -> () throws -> (object: AuditedObject, line: Int?)?
    }

    /// Reads a receipt and reports damaged lines.
    func readReceipt(
        _ source: any ByteSource, name: String, _ entry: inout VerifyReport.Manifest
    ) throws -> ReceiptContents {
        let receipt: ReceiptContents
        do {
            receipt = try ReceiptContents(source, override: destination.flags)
        } catch let error as ReceiptTargetError {
            throw CommandFailure(.usage, "\(name.escapedForDisplay): \(error.words)")
        }
        entry.documents = 0
        entry.receiptLines = receipt.lineCount
        let objects = receipt.objects + receipt.failedUploads.map(\.object)
        entry.files = objects.count
        entry.bytes = objects.reduce(0) { $0.addingClamped($1.fileSize) }
        entry.errors = receipt.damagedLines.count
        entry.wellFormed = receipt.damagedLines.isEmpty
        if !receipt.damagedLines.isEmpty { entry.verdict = .damagedReceipt }
        for line in receipt.damagedLines {
            let problem = VerifyReport.Entry(
                rule: "receipt", severity: "error", line: line, column: 1,
                message: "this line is none that push wrote; whatever file it was for is not asked for")
            entry.problems.append(problem)
            try output?.line("\(name.escapedForDisplay):\(line):1: error receipt: \(problem.message)")
        }
        if receipt.tornLength > 0 {
            Console.standardError.warning(
                "\(name.escapedForDisplay): its last line is torn and was not read; push again to have it whole"
            )
        }
        return receipt
    }

    /// Queries every file of the inputs without errors.
    mutating func askRemote(_ options: RemoteOptions) async throws {
        let questions = try inputs.indices.compactMap { try self.questions(of: $0) }
        let targets = questions.flatMap(\.targets)
        let total = questions.reduce(0) { $0 + $1.count }
        var summary: WorkSummary?
        if total > 0 {
            ResolvedTargets.warn(of: questions.compactMap(\.resolved))
            ConnectionOptions.warnOfPlainHTTP(to: targets)
            var configuration = try options.connection.configuration(for: targets, of: destination)
            configuration.filesAtOnce = options.keysAtOnce
            configuration.slices = 1
            // Only with -v: a blocked standard error must not stop the audit.
            var watch: (@Sendable (UploadEvent) -> Void)?
            if options.isVerbose { watch = { event in Console.standardError.detail("\(event)") } }
            let audit = RemoteAudit(
                configuration, watch: watch,
                warn: { warning in Console.standardError.warning("\(warning)") })
            let cancellation = Cancellation()
            NetworkRun.audit.takeSignals(
                stop: {
                    audit.stop()
                    cancellation.cancel()
                }, abandon: { audit.abandon() })
            let board = RemoteBoard(audit.progress, total: total)
            let meter = ProgressMeter(
                style: options.style, console: .standardError, report: { board.report })
            defer { meter.stop() }
            let start = ContinuousClock.now
            for asked in questions {
                try await ask(asked, by: audit, options.files, board, cancellation)
            }
            meter.stop()
            summary = WorkSummary("asked for", files: remote.counts.told, bytes: nil, in: .now - start)
        }
        try tellFailedUploads()
        try writeRemoteVerdicts(asked: Set(questions.map(\.index)))
        if let summary {
            // Both streams may go to one file.
            try output?.flush()
            Console.standardError.summary(summary)
        }
        if Interruption.shared.cause != nil, result.manifests.contains(where: { $0.interruptedFiles != nil })
        {
            Console.standardError.error(NetworkRun.audit.interrupted(done: remote.counts.told))
        }
    }

    /// The queries of an input; nil if it has errors.
    private func questions(of index: Int) throws -> Questions? {
        switch inputs[index] {
        case .unreadable: return nil
        case .manifest(let check):
            // Its problems have been reported.
            guard let checked = try? CheckedManifest(check) else { return nil }
            let resolved = try ResolvedTargets(checked, at: destination)
            let targets = resolved.targets
            return Questions(
                index: index, record: "plan", count: checked.fileCount, targets: targets, resolved: resolved
            ) {
                let files = try withFileFailures { try checked.files() }
                return {
                    guard let entry = try withFileFailures({ try files.next() }) else { return nil }
                    return (
                        object: AuditedObject(entry.file, at: targets[entry.documentIndex]),
                        line: entry.place.line
                    )
                }
            }
        case .receipt(let receipt):
            let objects = receipt.objects
            let targets = Array(Set(objects.map(\.target)))
            for target in targets {
                // A receipt names its endpoint, so there is none of the profile's to warn of.
                _ = try destination.checkProfile(
                    for: PartialTarget(api: target.api, endpoint: target.endpoint),
                    in: result.manifests[index].manifest)
            }
            return Questions(
                index: index, record: "receipt", count: objects.count, targets: targets, resolved: nil
            ) {
                var rest = objects[...]
                return { rest.popFirst().map { (object: $0, line: nil) } }
            }
        }
    }

    /// Queries all files of one input and writes the results in the input's order.
    private mutating func ask(
        _ questions: Questions, by audit: RemoteAudit, _ files: (root: Root, engine: DigestEngine)?,
        _ board: RemoteBoard, _ cancellation: Cancellation
    ) async throws {
        guard !audit.isStopped else { return }
        var results = RemoteResults(
            record: questions.record, targets: questions.targets, output: output)
        /// Results that the local files could decide.
        var unsettled: [AuditResult] = []
        let next = try questions.files()
        try await audit.ask(
            next: {
                guard let (object, line) = try next() else { return nil }
                results.lines.append(line)
                return object
            },
            ended: { result in
                if files != nil, LocalDigests.couldTell(result) {
                    unsettled.append(result)
                } else {
                    try results.add(result)
                }
            })
        if let files, !unsettled.isEmpty, !audit.isStopped {
            let progress = DigestProgress()
            board.beginReading(
                progress, bytes: unsettled.reduce(0) { $0.addingClamped($1.object.fileSize) },
                files: unsettled.count)
            defer { board.endReading() }
            let digests = LocalDigests(root: files.root, allowOutside: allowOutside, engine: files.engine)
            try digests.settle(unsettled, progress: progress, cancellation: cancellation) { result in
                try results.add(result)
            }
        }
        try results.tellRest()
        remote.add(results.tally)
        note(results, at: questions.index)
    }

    /// Lists the files of receipts that did not go up; there is nothing to ask for.
    private mutating func tellFailedUploads() throws {
        for (index, input) in inputs.enumerated() {
            guard case .receipt(let receipt) = input, !receipt.failedUploads.isEmpty else { continue }
            let failed = receipt.failedUploads
            let targets = receipt.objects.map(\.target) + failed.map(\.object.target)
            var results = RemoteResults(record: "receipt", targets: targets, output: output)
            for failed in failed { try results.tell(failed) }
            remote.add(results.tally)
            note(results, at: index)
        }
    }

    /// Adds results of an input to its entry.
    private mutating func note(_ results: RemoteResults, at index: Int) {
        let counts = results.tally.counts
        var all = RemoteTally(result.manifests[index].remote ?? .init())
        all.add(results.tally)
        result.manifests[index].remote = all.counts
        if output == nil {
            result.manifests[index].remoteFiles = (result.manifests[index].remoteFiles ?? []) + results.files
        }
        result.manifests[index].errors += counts.notSame + counts.unanswered
        switch result.manifests[index].verdict {
        case .ok, .remoteDiffers, .remoteUnknown, .unanswered:
            result.manifests[index].verdict = all.counts.verdict
        case .notStrictlyOK, .broken, .notAManifest, .filesDiffer, .filesUnread, .damagedReceipt,
            .interrupted,
            .incomplete, .unreadable:
            break
        }
    }

    /// Writes the verdicts of all inputs; those not in `asked` have errors.
    private mutating func writeRemoteVerdicts(asked: Set<Int>) throws {
        for (index, input) in inputs.enumerated() {
            if case .unreadable = input { continue }
            let name = result.manifests[index].manifest.escapedForDisplay
            guard asked.contains(index) else {
                try writeVerdict(at: index)
                try output?.line("\(name): remote: not asked: it has errors")
                continue
            }
            let (counts, files) = (
                result.manifests[index].remote ?? .init(), result.manifests[index].files
            )
            if counts.told < files {
                result.manifests[index].interruptedFiles = files - counts.told
                if result.manifests[index].verdict == .ok { result.manifests[index].verdict = .interrupted }
            }
            try writeVerdict(at: index)
            try output?.line("\(name): remote: \(counts.summary(of: files))")
        }
    }
}

extension ReceiptTargetError {
    /// The problem and the flags that fix it.
    fileprivate var words: String {
        switch self {
        case .incomplete(let line, let missing):
            "the target of line \(line) lacks \(missing.joined(separator: ", ")); give "
                + missing.map { "--\($0)" }.joined(separator: " ")
        case .unfit(let line, let error): "the target of line \(line): \(error); see --\(error.field)"
        }
    }
}
