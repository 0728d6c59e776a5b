import COSUpload
import CosplanKit
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// One run of `verify` over its manifests: collects the report, and writes text output as it goes.
///
/// Call ``check(_:_:)`` for each manifest and ``checkShards()``, then ``checkBytes(_:below:engine:style:)`` or
/// ``askRemote(_:)`` if requested, then ``report()``.
struct VerifyRun {
    /// What is checked in addition to the manifests.
    enum Subject {
        case nothingElse
        /// The files' bytes.
        case files
        /// The objects at the keys.
        case objects
    }

    /// An input of the command.
    enum Input {
        case manifest(ManifestCheck)
        case receipt(ReceiptContents)
        case unreadable

        /// The manifest; nil for other inputs.
        var check: ManifestCheck? {
            switch self {
            case .manifest(let check): check
            case .receipt, .unreadable: nil
            }
        }
    }

    private let strict: Bool
    let allowOutside: Bool
    /// A manifest is not called ok before this is checked.
    private let subject: Subject
    /// Completes the inputs' targets.
    let destination: Destination
    /// Whether notes are written as text.
    private let showsNotes: Bool
    /// The output for problems as text; nil if only the whole report is needed.
    let output: StandardOutput?
    /// Which files' bytes are checked.
    private let choice: FileChoice
    /// How much of a manifest is kept in memory, in parts.
    private let room: Int
    private var keys: KeyRegistry
    private(set) var inputs: [Input] = []
    var result = VerifyReport()
    private var bytesStatus: [ExitStatus] = []
    /// The results of all queries.
    var remote = RemoteTally()
    /// Whether the note that slicing is not meant for files so small was written; it is written once for all
    /// manifests.
    private var hasSaidSlicing = false

    init(
        strict: Bool, allowOutside: Bool, destination: Destination, lookingAt subject: Subject,
        showsNotes: Bool, choice: FileChoice, keeping room: Int, output: StandardOutput?
    ) {
        self.room = room
        keys = destination.keys
        self.destination = destination
        self.strict = strict
        self.allowOutside = allowOutside
        self.subject = subject
        self.showsNotes = showsNotes
        self.choice = choice
        self.output = output
    }

    /// Checks a manifest against the rules; with `--remote` also reads receipts.
    mutating func check(_ path: String, _ reading: ReadingProgress) throws {
        var entry = VerifyReport.Manifest(manifest: path)
        do {
            let source = reading.watch(try ManifestInput.source(path))
            switch try OtherFile.recognized(source) {
            case .receipt where subject == .objects:
                inputs.append(.receipt(try readReceipt(source, name: path, &entry)))
            case let other?: inputs.append(try refused(other.problem(path), &entry))
            case nil: inputs.append(.manifest(try check(source, name: path, &entry)))
            }
        } catch let error as FileError {
            entry.unreadable = error.text
        } catch let failure as CommandFailure where failure.status != .usage {
            entry.unreadable = failure.message
        }
        if let reason = entry.unreadable {
            inputs.append(.unreadable)
            entry.wellFormed = nil
            entry.errors = 1
            entry.verdict = .unreadable
            Console.standardError.error(reason)
        }
        result.manifests.append(entry)
        if case .manifest? = inputs.last, subject != .nothingElse { return }
        if entry.unreadable == nil, subject != .objects { try writeVerdict(at: result.manifests.count - 1) }
    }

    /// Reports an input that is no manifest.
    private func refused(_ problem: Problem, _ entry: inout VerifyReport.Manifest) throws -> Input {
        entry.wellFormed = false
        entry.errors = 1
        entry.problems = [VerifyReport.Entry(problem)]
        entry.verdict = .notAManifest
        try output?.line(problem.rendered(in: entry.manifest))
        return .unreadable
    }

    private mutating func check(
        _ source: any ByteSource, name: String, _ entry: inout VerifyReport.Manifest
    ) throws -> ManifestCheck {
        // Only JSON has room for the digest of the manifest.
        let hashing = output == nil ? HashingSource(source) : nil
        let check = try ManifestCheck(
            hashing ?? source, name: name, allowOutside: allowOutside, keys: &keys, keeping: room)
        entry.sha256 = try hashing?.hexDigest()
        entry.wellFormed = !check.isMalformed
        entry.documents = check.documents.count
        entry.files = check.fileCount
        entry.bytes = check.totalBytes
        entry.errors = check.problemList.errorCount
        entry.warnings = check.problemList.warningCount
        entry.notes = check.problemList.noteCount
        entry.problemsOmitted = check.problemList.omittedCount
        entry.problems = check.problems.map(VerifyReport.Entry.init)
        entry.verdict = verdict(of: check)
        try write(check)
        return check
    }

    /// Warns of shards that are missing beside those that were read.
    mutating func checkShards() {
        struct List: Hashable {
            let digest: Checksum
            let count: Int64
        }
        var lists: [List] = []
        var present: [List: Set<Int64>] = [:]
        for case .manifest(let check) in inputs {
            for document in check.documents {
                guard let shard = document?.shard else { continue }
                let list = List(digest: shard.list, count: shard.count)
                if present[list] == nil { lists.append(list) }
                present[list, default: []].insert(shard.index)
            }
        }
        for list in lists {
            guard let shards = MissingShards(of: list.count, present: present[list] ?? []) else { continue }
            Console.standardError.warning(
                "\(shards.words); a shard can be pushed alone, cosplan merge needs all of them")
            let missing = VerifyReport.Missing(
                list: list.digest.text, of: list.count, missing: shards.missing, first: shards.first)
            result.missingShards = (result.missingShards ?? []) + [missing]
        }
    }

    private func verdict(of check: ManifestCheck) -> ManifestVerdict {
        let list = check.problemList
        if check.isMalformed { return .notAManifest }
        if list.errorCount > 0 { return .broken }
        return strict && list.warningCount > 0 ? .notStrictlyOK : .ok
    }

    private mutating func write(_ check: ManifestCheck) throws {
        guard let output else { return }
        for problem in check.problems where showsNotes || problem.severity != .note {
            var line = problem.rendered(in: check.name)
            if problem.rule == .slicingThreshold {
                if hasSaidSlicing { continue }
                hasSaidSlicing = true
                line += "; push --simple-up-to sends small files in one request"
            }
            try output.line(line)
        }
        if check.problemList.omittedCount > 0 {
            try output.line(
                "\(check.name.escapedForDisplay): \(check.problemList.omittedCount) more problems are not listed"
            )
        }
    }

    /// Writes the verdict of a manifest.
    func writeVerdict(at index: Int) throws {
        let entry = result.manifests[index]
        let parts = entry.receiptLines.map { "receipt of \(counted($0, "line"))" }
        let contents =
            "\(parts ?? counted(entry.documents, "document")), \(counted(entry.files, "file")), "
            + ByteText.size(entry.bytes)
        let counts = [
            (entry.errors, "error"), (entry.warnings, "warning"), (showsNotes ? entry.notes : 0, "note"),
        ].filter { $0.0 > 0 }.map { counted($0.0, $0.1) }
        let text = ([entry.verdict.rawValue + ": " + contents] + counts).joined(separator: ", ")
        try output?.line("\(entry.manifest.escapedForDisplay): \(text)")
    }

    /// The complete report, with the exit status.
    func report() throws -> VerifyReport {
        var report = result
        report.exit = status.rawValue
        return report.shard == nil ? report : try report.sealed()
    }

    /// 66 takes precedence over 65, and 65 over 1.
    private var status: ExitStatus {
        let manifests = result.manifests
        // An interruption after everything was done changes nothing.
        if let cause = Interruption.shared.cause, wasCutShort { return cause.status }
        if manifests.contains(where: { $0.unreadable != nil }) || bytesStatus.contains(.inputMissing) {
            return .inputMissing
        }
        if manifests.contains(where: { $0.wellFormed == false }) { return .malformed }
        if manifests.contains(where: { $0.isRejected }) {
            return .answerIsNo
        }
        if strict, result.missingShards != nil { return .answerIsNo }
        return bytesStatus.first ?? remote.status
    }

    /// Whether files were left out because the command was stopped.
    private var wasCutShort: Bool { result.manifests.contains { $0.interruptedFiles != nil } }
}

extension VerifyRun {
    /// Checks the bytes of files whose entries are sound, as far as `scope` goes.
    mutating func checkBytes(
        _ scope: BytesScope, below root: Root, engine: DigestEngine, style: ProgressMeter.Style
    ) throws {
        let cancellation = Cancellation()
        Interruption.shared.take(
            first: { _ in cancellation.cancel() },
            second: { cause in
                Interruption.endAtOnce(
                    cause, "interrupted: the result is not complete; start the same command again")
            })
        var selection = try withFileFailures { try BytesSelection(scope, choice, of: inputs) }
        note(scope, selection)
        let board = BytesBoard(
            totalBytes: selection.amounts.reduce(0) { $0.addingClamped($1.bytes) },
            totalFiles: selection.amounts.reduce(0) { $0 + $1.files })
        let meter = ProgressMeter(style: style, console: .standardError, report: { board.report })
        defer { meter.stop() }
        let start = ContinuousClock.now
        let checker = BytesChecker(
            bytes: BytesCheck(
                root: root, engine: engine, allowOutside: allowOutside, cancellation: cancellation),
            board: board)
        for (index, input) in inputs.enumerated() {
            guard case .manifest(let check) = input else { continue }
            try checkBytes(of: check, at: index, scope, &selection, with: checker)
        }
        meter.stop()
        // Both streams may go to one file.
        try output?.flush()
        Console.standardError.summary(board.summary(in: .now - start))
        if Interruption.shared.cause != nil, wasCutShort {
            Console.standardError.error(
                "interrupted: not all files were checked; start the same command again")
        }
    }

    /// Records what is checked.
    private mutating func note(_ scope: BytesScope, _ selection: BytesSelection) {
        switch scope {
        case .all: break
        case .shard(let number):
            result.shard = .init(
                index: number.index, of: number.count, from: selection.start, to: selection.end,
                include: choice.include, exclude: choice.exclude)
        case .sample(let sample, let seed):
            var total = BytesSelection.Amount()
            for amount in selection.amounts { total.add(amount) }
            result.sample = .init(
                percent: sample.percent, seed: seed, files: total.files, allFiles: total.allFiles,
                parts: total.parts, allParts: total.allParts, bytes: total.bytes, allBytes: total.allBytes)
        }
    }

    /// Checks the files of one manifest until it is stopped; reports how many were checked, and why others
    /// were not.
    private mutating func checkBytes(
        of check: ManifestCheck, at index: Int, _ scope: BytesScope, _ selection: inout BytesSelection,
        with checker: BytesChecker
    ) throws {
        var checked: [VerifyReport.File] = []
        let selected = selection.amounts[index]
        let leftOut = check.soundFileCount - selected.allFiles
        var tally = BytesTally(
            files: check.fileCount - leftOut, selected: selected, scope: scope, leftOut: leftOut)
        try withFileFailures {
            let files = try check.soundFiles()
            try checker.check({ try selection.next(of: files) }) { entry, status in
                tally.add(status, entry.checked)
                if status != .done { bytesStatus.append(status) }
                result.manifests[index].errors += entry.findings.count
                // With text output each finding is written at once and nothing is kept.
                guard let output else { return checked.append(entry) }
                for finding in entry.findings { try output.line(finding.line(in: check.name)) }
            }
        }
        result.manifests[index].checkedFiles = checked
        result.manifests[index].uncheckedFiles = tally.broken
        result.manifests[index].leftOutFiles = choice.isRestricted ? leftOut : nil
        result.manifests[index].interruptedFiles = tally.interrupted > 0 ? tally.interrupted : nil
        if result.manifests[index].verdict == .ok {
            if tally.differing > 0 {
                result.manifests[index].verdict = .filesDiffer
            } else if tally.unread > 0 {
                result.manifests[index].verdict = .filesUnread
            } else if tally.interrupted > 0 {
                result.manifests[index].verdict = .interrupted
            }
        }
        try writeVerdict(at: index)
        try output?.line("\(check.name.escapedForDisplay): bytes: \(tally.summary)")
    }
}

extension VerifyReport.Entry {
    init(_ problem: Problem) {
        self.init(
            rule: problem.rule.rawValue, severity: problem.severity.rawValue, line: problem.place.line,
            column: problem.place.column, message: problem.message)
    }
}

/// `1 file`, `2 files`.
func counted(_ count: some BinaryInteger, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
