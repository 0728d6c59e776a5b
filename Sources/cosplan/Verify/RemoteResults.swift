import COSUpload
import PlanCore

/// Collects the results of one input in any order and writes them in the input's order.
struct RemoteResults {
    /// `plan` or `receipt`, for messages.
    let record: String
    /// The output for text; nil for JSON.
    let output: StandardOutput?
    /// Whether lines name the bucket.
    let namesBucket: Bool
    /// The line of each file's entry; nil for receipts.
    var lines: [Int?] = []
    /// The counts of the results written.
    private(set) var tally = RemoteTally()
    /// The results written, for JSON.
    private(set) var files: [VerifyReport.RemoteFile] = []
    /// Results that wait for earlier ones.
    private var waiting: [Int: AuditResult] = [:]
    private var next = 0
    private var failures = FailureLines()

    /// Creates results of objects at `targets`.
    init(record: String, targets: some Sequence<Target>, output: StandardOutput?) {
        self.record = record
        self.output = output
        namesBucket = Set(targets).count > 1
    }

    /// Adds a result and writes all that are next in order.
    mutating func add(_ result: AuditResult) throws {
        waiting[result.number] = result
        while let result = waiting.removeValue(forKey: next) {
            next += 1
            try tell(result)
        }
    }

    /// Writes the results that wait for an interrupted one.
    mutating func tellRest() throws {
        for result in waiting.values.sorted(by: { $0.number < $1.number }) { try tell(result) }
        waiting = [:]
        failures.end()
    }

    /// Writes a file of a receipt that did not go up.
    mutating func tell(_ failed: ReceiptContents.FailedUpload) throws {
        tally.addFailedUpload()
        guard let output else { return files.append(VerifyReport.RemoteFile(failed)) }
        try output.line(RemoteText.line(failed, namesBucket: namesBucket))
    }

    private mutating func tell(_ result: AuditResult) throws {
        tally.add(result.finding)
        if case .failure(let failure) = result.finding {
            let object = result.object
            failures.say(
                failure, failure.line(path: object.path, key: object.key, at: object.target),
                at: object.target)
        }
        guard let output else {
            let line = lines.indices.contains(result.number) ? lines[result.number] : nil
            files.append(VerifyReport.RemoteFile(result, line: line, record: record))
            return
        }
        guard case .success(let finding) = result.finding else { return }
        let text = RemoteText(object: result.object, record: record, namesBucket: namesBucket)
        try output.line(text.line(finding))
    }
}

/// Counts results, of one input or of all.
struct RemoteTally {
    private(set) var counts = VerifyReport.RemoteCounts()
    private(set) var failures: [ExitStatus] = []

    init(_ counts: VerifyReport.RemoteCounts = .init()) { self.counts = counts }

    mutating func add(_ finding: Result<AuditFinding, UploadFailure>) {
        switch finding {
        case .success(.same): counts.same += 1
        case .success(.differs): counts.differs += 1
        case .success(.missing): counts.missing += 1
        case .success(.cannotTell): counts.cannotTell += 1
        case .failure(let failure):
            counts.failed += 1
            failures.append(ExitStatus(failure))
        }
    }

    /// A file of a receipt that did not go up.
    mutating func addFailedUpload() {
        counts.failed += 1
        counts.notUploaded += 1
    }

    mutating func add(_ other: RemoteTally) {
        counts.same += other.counts.same
        counts.differs += other.counts.differs
        counts.missing += other.counts.missing
        counts.cannotTell += other.counts.cannotTell
        counts.failed += other.counts.failed
        counts.notUploaded += other.counts.notUploaded
        failures += other.failures
    }

    /// The exit status: 1 if a file is not the same, cannot be compared or did not go up, otherwise that of a batch.
    var status: ExitStatus {
        counts.notSame > 0 ? .answerIsNo : .ofBatch(done: counts.same, failures: failures)
    }
}
