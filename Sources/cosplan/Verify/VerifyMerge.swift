import Foundation
import PlanCore
import PlanDigest
import PlanFiles

/// The results of `verify --bytes --shard`, combined into the result of one machine.
struct VerifyMerge {
    /// One machine's result.
    private struct Result {
        let name: String
        let report: VerifyReport
        let shard: VerifyReport.CheckedShard

        /// The number of files it did not reach.
        var interruptedFiles: Int { report.manifests.reduce(0) { $0 + ($1.interruptedFiles ?? 0) } }
    }

    /// By the shard's number.
    private let results: [Result]
    /// How many shards there are.
    private let count: Int64

    /// Reads the results in the files `paths`; `-` is standard input.
    ///
    /// - Throws: ``CommandFailure``: 65 if a text is no result, 1 if results do not belong together.
    init(_ paths: [String]) throws {
        var results: [Result] = []
        var problems: [String] = []
        for path in paths {
            let name = path.escapedForDisplay
            let report = try Self.report(path)
            guard let shard = report.shard else {
                problems.append("\(name): is no result of cosplan verify --bytes --shard")
                continue
            }
            guard try report.digest == report.sealed().digest else {
                problems.append(
                    "\(name): shard \(shard.words) is not as \(Version.text) writes it: it was edited, or another "
                        + "version wrote it; check the shard again")
                continue
            }
            guard report.manifests.allSatisfy({ $0.sha256 != nil }) else {
                problems.append("\(name): could not read its manifest; check shard \(shard.words) again")
                continue
            }
            results.append(Result(name: name, report: report, shard: shard))
        }
        if let first = results.first, problems.isEmpty {
            problems = Self.problems(of: results.dropFirst(), beside: first)
        }
        guard let last = problems.last else {
            self.results = results.sorted { $0.shard.index < $1.shard.index }
            count = results.first?.shard.of ?? 0
            return
        }
        for problem in problems.dropLast() { Console.standardError.error(problem) }
        throw CommandFailure(.answerIsNo, last)
    }

    private static func report(_ path: String) throws -> VerifyReport {
        let source = try ManifestInput.source(path)
        var bytes: [UInt8] = []
        try withFileFailures {
            while true {
                let more = try source.read(upTo: 1 << 20)
                if more.isEmpty { return }
                bytes += more
            }
        }
        do {
            return try JSONDecoder().decode(VerifyReport.self, from: Data(bytes))
        } catch {
            // The decoder's error names internal fields, not what a user could mend.
            throw CommandFailure(
                .malformed,
                "\(path.escapedForDisplay): is no result of cosplan verify --format json; name the files that it wrote"
            )
        }
    }

    /// What keeps results from being of one list.
    private static func problems(of results: ArraySlice<Result>, beside first: Result) -> [String] {
        let manifests = first.report.manifests.map(\.sha256)
        var holders = ShardHolders()
        _ = holders.add(first.shard.index, in: first.name)
        var problems: [String] = []
        for result in results {
            let what = "\(result.name): shard \(result.shard.words)"
            if result.report.manifests.map(\.sha256) != manifests {
                problems.append("\(what) is of other manifests than \(first.name)")
            } else if result.shard.include != first.shard.include
                || result.shard.exclude != first.shard.exclude
            {
                problems.append("\(what) has other --include or --exclude than \(first.name)")
            } else if result.shard.of != first.shard.of {
                problems.append("\(what) is of another split than \(first.name), shard \(first.shard.words)")
            } else if let finding = holders.add(result.shard.index, in: result.name) {
                problems.append("\(what) \(finding)")
            }
        }
        return problems.isEmpty ? gaps(of: [first] + results) : problems
    }

    /// Results that do not begin where the one before ends: other options made other files unfit to be checked.
    private static func gaps(of results: [Result]) -> [String] {
        let inOrder = results.sorted { $0.shard.index < $1.shard.index }
        return zip(inOrder, inOrder.dropFirst()).compactMap { one, next in
            guard next.shard.index == one.shard.index + 1, next.shard.from != one.shard.to else { return nil }
            return
                "\(next.name): shard \(next.shard.words) does not begin where \(one.name), shard \(one.shard.words), "
                + "ends; check all shards with the same options"
        }
    }

    /// The whole answer.
    var report: VerifyReport {
        var report = VerifyReport()
        report.manifests = (results.first?.report.manifests ?? []).indices.map(manifest)
        report.missingShards = results.first?.report.missingShards
        let shards = missingShards + interruptedShards
        let unchecked = shards + wholeFileFields(of: report.manifests)
        report.notChecked = unchecked.isEmpty ? nil : unchecked
        let isIncomplete = !shards.isEmpty
        if isIncomplete {
            for index in report.manifests.indices where report.manifests[index].verdict == .ok {
                report.manifests[index].verdict = .incomplete
            }
        }
        let isWrong = isIncomplete || report.manifests.contains { $0.verdict != .ok }
        report.exit = (worstExit ?? (isWrong ? .answerIsNo : .done)).rawValue
        return report
    }

    /// The status that one machine would have ended with; nil if no result has one.
    ///
    /// 66 takes precedence over 65, and 65 over others.
    private var worstExit: ExitStatus? {
        let exits = results.map { $0.report.status }
        for outranking in [ExitStatus.inputMissing, .malformed] where exits.contains(outranking) {
            return outranking
        }
        return exits.first { status in
            switch status {
            // What was interrupted is not checked, which is 1.
            case .done, .hungUp, .interrupted, .terminated: false
            case .answerIsNo, .someFailed, .usage, .malformed, .inputMissing, .refused, .bug, .cannotWrite,
                .inputOutput, .tryAgain, .credentials, .configuration:
                true
            }
        }
    }

    /// The checks of one manifest, joined.
    private func manifest(_ index: Int) -> VerifyReport.Manifest {
        var joined = results[0].report.manifests[index]
        let ownFindings = joined.checkedFiles?.reduce(0) { $0 + $1.findings.count } ?? 0
        let ruleErrors = joined.errors - ownFindings
        var files: [VerifyReport.File] = []
        for result in results {
            for file in result.report.manifests[index].checkedFiles ?? [] {
                // A file that is cut ends one shard and begins the next.
                if let last = files.last, last.isContinued(by: file) {
                    files[files.count - 1] = last.joined(with: file)
                } else {
                    files.append(file)
                }
            }
        }
        for place in files.indices { files[place].settle() }
        let findings = files.reduce(0) { $0 + $1.findings.count }
        joined.checkedFiles = files
        joined.interruptedFiles = nil
        joined.errors = ruleErrors + findings
        switch joined.verdict {
        case .ok, .filesDiffer, .filesUnread, .interrupted, .incomplete:
            let isAllUnread = files.allSatisfy {
                $0.result == VerifyReport.File.unreadable || $0.findings.isEmpty
            }
            joined.verdict = findings == 0 ? .ok : isAllUnread ? .filesUnread : .filesDiffer
        case .notStrictlyOK, .broken, .notAManifest, .unreadable, .remoteDiffers, .remoteUnknown,
            .unanswered, .damagedReceipt:
            break
        }
        return joined
    }

    // What was not checked.

    /// The shards that are missing, with the range that they would have checked.
    private var missingShards: [String] {
        var words: [String] = []
        var next: Int64 = 1
        var start: VerifyReport.PlanPosition?
        for result in results {
            if result.shard.index > next {
                words.append(missing(next...(result.shard.index - 1), from: start, to: result.shard.from))
            }
            next = result.shard.index + 1
            start = result.shard.to
        }
        if next <= count { words.append(missing(next...count, from: start, to: nil)) }
        return words
    }

    private func missing(
        _ shards: ClosedRange<Int64>, from start: VerifyReport.PlanPosition?,
        to end: VerifyReport.PlanPosition?
    ) -> String {
        let which =
            shards.lowerBound == shards.upperBound
            ? "shard \(shards.lowerBound) of \(count), which is missing"
            : "shards \(shards.lowerBound) to \(shards.upperBound) of \(count), which are missing"
        let from = shards.lowerBound == 1 ? "the beginning" : start.map(place) ?? "the end"
        return "\(which): from \(from) to \(end.map(place) ?? "the end")"
    }

    /// A place in words; with its manifest where there are several.
    private func place(_ boundary: VerifyReport.PlanPosition) -> String {
        let manifests = results.first?.report.manifests ?? []
        let name =
            manifests.count > 1 && manifests.indices.contains(boundary.manifest)
            ? "\(manifests[boundary.manifest].manifest.escapedForDisplay), " : ""
        return "\(name)'\(boundary.path.escapedForDisplay)' at offset \(boundary.offset)"
    }

    /// The shards that were stopped.
    private var interruptedShards: [String] {
        results.filter { $0.interruptedFiles > 0 }.map { result in
            let last = result.report.manifests.compactMap { $0.checkedFiles?.last?.path }.last
            let place = last.map { ", those after '\($0.escapedForDisplay)'" } ?? ""
            return
                "\(counted(result.interruptedFiles, "file")) of shard \(result.shard.words), which was interrupted\(place)"
        }
    }

    /// The fields about whole files that were not checked because the files were split.
    private func wholeFileFields(of manifests: [VerifyReport.Manifest]) -> [String] {
        manifests.flatMap { $0.checkedFiles ?? [] }.flatMap { file in
            (file.checked?.notChecked ?? []).map { field in
                "\(field) of '\(file.path.escapedForDisplay)', which was checked in parts"
            }
        }
    }

    /// Writes the combined result as text.
    func write(_ report: VerifyReport, to output: StandardOutput) throws {
        for manifest in report.manifests {
            let name = manifest.manifest.escapedForDisplay
            for problem in manifest.problems where problem.severity != Severity.note.rawValue {
                try output.line(
                    "\(name):\(problem.line):\(problem.column): \(problem.severity) \(problem.rule): "
                        + problem.message)
            }
            let files = manifest.checkedFiles ?? []
            for finding in files.flatMap(\.findings) {
                try output.line(finding.line(in: manifest.manifest))
            }
            let good = files.filter { $0.result == VerifyReport.File.asPlanned }
            let inPart = good.filter { $0.checked.map { $0.parts < $0.allParts } ?? false }.count
            try output.line("\(name): \(manifest.verdict.rawValue)")
            let leftOut = manifest.leftOutFiles ?? 0
            try output.line(
                "\(name): bytes: \(good.count - inPart) of \(counted(manifest.files - leftOut, "file")) as planned"
                    + (inPart > 0 ? ", \(inPart) as far as checked" : "")
                    + ", by \(results.count) of \(counted(count, "shard"))"
                    + (leftOut > 0 ? ", \(leftOut) left out" : ""))
        }
        for words in report.notChecked ?? [] { try output.line("not checked: \(words)") }
    }
}

extension VerifyReport.CheckedShard {
    /// `3/16`.
    fileprivate var words: String { "\(index)/\(of)" }
}

extension VerifyReport.File {
    /// ``result`` of a file that is as planned.
    static let asPlanned = "as planned"
    static let unreadable = "unreadable"

    /// Whether `next` is about the next parts of the same file.
    fileprivate func isContinued(by next: VerifyReport.File) -> Bool {
        checked != nil && next.checked != nil && line == next.line && path == next.path && key == next.key
    }

    /// This file's check and that of its next bytes, by another machine, as one.
    fileprivate func joined(with next: VerifyReport.File) -> VerifyReport.File {
        var joined = self
        joined.findings += next.findings.filter { !findings.contains($0) }
        if result == Self.asPlanned || next.result == Self.unreadable { joined.result = next.result }
        guard var parts = checked, let more = next.checked else { return joined }
        for (name, text) in parts.checksums ?? [:] {
            parts.checksums?[name] = Self.combined(name, text, more)
        }
        parts.parts += more.parts
        if let offset = parts.offset, let length = parts.length, let next = more.length,
            offset + length == more.offset
        {
            parts.length = length + next
        } else {
            (parts.offset, parts.length, parts.checksums) = (nil, nil, nil)
        }
        joined.checked = parts
        return joined
    }

    /// The CRC of the bytes of `text` and of those of `next` behind them.
    private static func combined(_ name: String, _ text: String, _ next: VerifyReport.CheckedParts) -> String?
    {
        guard let kind = ChecksumKind(rawValue: name), let length = next.length,
            let first = Checksum(kind, text: Array(text.utf8)),
            let second = next.checksums?[name].flatMap({ Checksum(kind, text: Array($0.utf8)) })
        else { return nil }
        return first.joined(with: second, length: length)?.text
    }

    /// Compares the checksums of a file that was checked completely with those that are recorded.
    fileprivate mutating func settle() {
        guard var parts = checked, parts.parts == parts.allParts else { return }
        let ofBytes: [BytesRule] = [
            .unreadable, .changedWhileRead, .truncated, .dataDiffers, .dataOrLinesDiffer,
        ]
        let bytesMayDiffer = findings.contains { ofBytes.map(\.rawValue).contains($0.rule) }
        for (name, recorded) in (parts.recorded ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let computed = parts.checksums?[name] else {
                parts.notChecked.append(name)
                continue
            }
            guard computed != recorded, !bytesMayDiffer else { continue }
            findings.append(
                .init(
                    rule: BytesRule.damagedChecksum.rawValue, line: line, column: 1,
                    message: "\(path.escapedForDisplay): "
                        + FindingText.damagedChecksum(name, recorded: recorded, computed: computed)))
            result = "differs"
        }
        checked = parts.notChecked.isEmpty ? nil : parts
    }
}
