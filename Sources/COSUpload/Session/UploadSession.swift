import COSProtocol
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import ServiceCore
import Synchronization
import XMLProtocol

/// Uploads several files at once, all within one limit on requests.
///
/// A class, because it can be stopped.
///
/// Every byte is checked against its plan before it is sent. Nothing remote is ever deleted. Unfinished
/// uploads stay at the service; the same call resumes them.
public final class UploadSession: Sendable {
    /// The progress of the session.
    public let progress: UploadProgress

    private let context: UploadContext
    private let senders: Senders
    private let transport: any HTTPTransport
    /// What is known about the buckets used.
    private let buckets = BucketNotes()

    /// Creates a session over the network.
    ///
    /// - Parameters:
    ///   - configuration: the configuration of all uploads.
    ///   - watch: called for every reply and retry, from any thread; nil for none.
    ///   - warn: called with warnings for the user.
    public convenience init(
        _ configuration: UploadConfiguration, watch: (@Sendable (UploadEvent) -> Void)? = nil,
        warn: @escaping @Sendable (UploadWarning) -> Void = { _ in }
    ) {
        let progress = UploadProgress()
        let transport = URLSessionTransport(configuration, board: progress.board, warn: warn)
        self.init(configuration, over: transport, progress: progress, watch: watch, warn: warn)
    }

    /// Creates a session over any transport.
    package init(
        _ configuration: UploadConfiguration, over transport: any HTTPTransport,
        progress: UploadProgress = UploadProgress(), clock: WallClock = WallClock(),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        watch: (@Sendable (UploadEvent) -> Void)? = nil,
        warn: @escaping @Sendable (UploadWarning) -> Void = { _ in }
    ) {
        precondition(configuration.slices > 0, "at least one slice must be under way")
        precondition(configuration.filesAtOnce > 0, "at least one file must be under way")
        self.progress = progress
        self.transport = transport
        let stop = GracefulStop()
        senders = Senders(
            configuration, over: transport, progress: progress, stop: stop, clock: clock, random: random,
            watch: watch, warn: warn)
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let check = PartCheck(DigestEngine(jobs: 1, kernel: configuration.kernel))
        context = UploadContext(
            configuration: configuration, bodies: AsyncSemaphore(configuration.slicesInMemory),
            reader: SliceReader(check: check, threads: max(4, processors)),
            sourceCheck: SourceCheck(
                part: check, whole: DigestEngine(jobs: processors, kernel: configuration.kernel)),
            stop: stop, clock: clock, progress: progress)
    }

    /// Stops at the next slice boundary: no new requests are started, those in flight may complete.
    ///
    /// Cancel the task that runs ``upload(next:ended:)`` to stop at once.
    public func stop() { context.stop.stop() }

    /// Stops as ``stop()`` does, but does not wait for the requests in flight: what the service made of them is unknown.
    public func abandon() {
        stop()
        transport.abandon()
    }

    /// Whether ``stop()`` was called.
    package var isStopped: Bool { context.stop.isStopped }

    /// Uploads every file that `next` returns until it returns nil, several at once.
    ///
    /// - Parameters:
    ///   - next: the next file. Never called concurrently, and only when there is room for a file.
    ///   - ended: receives the results since its last call, in the order the uploads ended. Never called
    ///     concurrently; all results of one call can be written to a receipt with one sync.
    public func upload(
        next: () async throws -> UploadJob?, ended: ([UploadResult]) async throws -> Void
    ) async rethrows {
        let finished = EndedUploads()
        try await withThrowingTaskGroup(of: Void.self) { group in
            var (small, large) = (0, 0)
            /// The next file, held until there is room for it.
            var waiting: UploadJob?
            var isLast = false
            while true {
                while !isStopped, !Task.isCancelled {
                    if waiting == nil, !isLast, small < context.configuration.smallFilesOpen {
                        waiting = try await next()
                        isLast = waiting == nil
                    }
                    guard let job = waiting else { break }
                    let isSmall = context.configuration.isSmall(job.plan)
                    guard
                        isSmall
                            ? small < context.configuration.smallFilesOpen
                            : large < context.configuration.largeFilesAtOnce
                    else { break }
                    waiting = nil
                    if isSmall { small += 1 } else { large += 1 }
                    group.addTask { [self] in
                        let result = await upload(job)
                        finished.add(result)
                    }
                }
                guard try await group.next() != nil else { return }
                let found = finished.take()
                // Tasks whose results were taken together have ended as well.
                for _ in found.dropFirst() { _ = try await group.next() }
                let smallFound = found.count { context.configuration.isSmall($0.job.plan) }
                small -= smallFound
                large -= found.count - smallFound
                if !found.isEmpty { try await ended(found) }
            }
        }
    }

    private func upload(_ job: UploadJob) async -> UploadResult {
        let started = context.clock.now
        let number = context.progress.begin(job.plan.path, fileSize: job.plan.fileSize)
        var end = FileUploadEnd()
        do throws(UploadFailure) {
            try checkTicket(of: job)
            let source = try await open(job, number: number)
            end = try await run(job, source: source, number: number)
        } catch {
            end.failure = error
        }
        context.progress.end(number, isGood: end.failure == nil)
        guard end.failure != .interrupted else {
            return UploadResult(job: job, failure: end.failure, receipt: nil)
        }
        let receipt = Self.receipt(
            for: job, end: end, endpoint: context.endpoint(for: job), started: started,
            ended: context.clock.now)
        return UploadResult(job: job, failure: end.failure, receipt: receipt)
    }

    /// Refuses a job that no ticket opens before its file is read.
    private func checkTicket(of job: UploadJob) throws(UploadFailure) {
        guard let tickets = context.configuration.tickets else { return }
        guard case .json(let target) = job.target else { throw .ticket(.missing) }
        do throws(TicketFailure) {
            _ = try tickets.ticket(for: target, key: job.plan.key, now: context.clock.now)
        } catch {
            throw .ticket(error)
        }
    }

    /// Runs the upload with the API of the job's target.
    private func run(
        _ job: UploadJob, source: CheckedSliceSource, number: Int
    ) async throws(UploadFailure) -> FileUploadEnd {
        let endpoint = context.endpoint(for: job)
        switch job.target {
        case .json(let target):
            let machine = JSONUpload(
                Upload(job.plan, simpleUpTo: context.configuration.simpleUpTo), to: target)
            var upload = FileUpload(
                job, by: machine, through: senders.json, source: source, number: number, endpoint: endpoint,
                context: context)
            return await upload.run()
        case .xml, .s3:
            guard let address = try bucket(of: job) else { throw .interrupted }
            var options = XMLUpload.Options()
            options.partSize = context.configuration.partSize
            options.versioning = buckets.versioning(of: address)
            let machine: XMLUpload
            do throws(XMLPlanProblem) {
                machine = try XMLUpload(job.plan, to: address, options: options)
            } catch {
                throw .unfit(error)
            }
            noteMemory(of: machine.sizing.layout, key: job.plan.key)
            var upload = FileUpload(
                job, by: XMLFileUpload(machine), through: senders.xml, source: source, number: number,
                endpoint: address.endpoint,
                context: context)
            let end = await upload.run()
            if let versioning = upload.machine.versioning { buckets.note(versioning, of: address) }
            return end
        }
    }

    /// Tells where fewer parts than configured fit into memory at once.
    private func noteMemory(of layout: Layout, key: ObjectKey) {
        let possible = context.configuration.partsAtOnce(of: layout.pieceSize)
        guard possible < min(context.configuration.slices, layout.count) else { return }
        senders.tell(.fewerParts(key, limit: possible, size: layout.pieceSize))
    }

    /// The bucket of a job of the XML API or S3.
    ///
    /// A configured endpoint is addressed path-style.
    private func bucket(of job: UploadJob) throws(UploadFailure) -> BucketAddress? {
        let checksum = context.configuration.s3Checksum
        do throws(EndpointError) {
            if let endpoint = context.configuration.endpoint {
                return try BucketAddress(job.target, checksum: checksum, at: endpoint)
            }
            return try BucketAddress(job.target, checksum: checksum)
        } catch {
            throw .badAddress(error)
        }
    }

    /// Whether the whole file is sent in one request.
    private func isOneRequest(_ job: UploadJob) -> Bool {
        let configuration = context.configuration
        let dialect: Dialect
        switch job.target {
        case .json: return Upload.isSimple(job.plan, upTo: configuration.simpleUpTo)
        case .xml: dialect = .cos
        case .s3: dialect = .s3(configuration.s3Checksum)
        }
        // A plan that the store cannot hold fails when its upload is made.
        return (try? PartSizing(job.plan, partSize: configuration.partSize, dialect: dialect))?.isPut ?? false
    }

    /// Opens the job's file and makes the checks before the upload.
    private func open(_ job: UploadJob, number: Int) async throws(UploadFailure) -> CheckedSliceSource {
        let (context, plan) = (context, job.plan)
        let checksAll = context.configuration.checksWholeFilesFirst && plan.parts.count > 1
        // A file sent in one request is checked completely before that request anyway.
        let checksFirst = !checksAll && !isOneRequest(job)
        let partLength = Int(min(plan.partLayout.pieceSize, plan.fileSize))
        let memory =
            context.configuration.isSmall(plan)
            ? MemoryShare(of: context.smallBodies, partLength) : MemoryShare(of: context.bodies)
        if checksFirst { await memory.take() }
        defer { if checksFirst { memory.giveBack() } }
        let (file, source) = try await context.queue.run {
            () throws(UploadFailure) -> (SizeCheckedFile, CheckedSliceSource) in
            let file = try SizeCheckedFile(job)
            let source = CheckedSliceSource(file, memory: context.memory)
            if checksFirst { try context.sourceCheck.first(of: source) }
            return (file, source)
        }
        guard checksAll else { return source }
        context.progress.update(number, phase: .checking, bytesDone: 0)
        await context.wholeChecks.take()
        defer { context.wholeChecks.giveBack() }
        try await context.queue.run { () throws(UploadFailure) in
            try context.sourceCheck.all(of: file, cancellation: context.stop.hashing)
        }
        return source
    }

    private static func receipt(
        for job: UploadJob, end: FileUploadEnd, endpoint: Endpoint, started: Int64, ended: Int64
    ) -> Receipt {
        let (result, urls, proof): (Receipt.Result, ObjectURLs, UploadProof?) =
            switch end.ending {
            case .good(let result, let urls, let proof) where end.failure == nil: (result, urls, proof)
            case .good, .refused, nil: (.failed, .none, nil)
            }
        return Receipt(
            result: result,
            identity: Receipt.Identity(endpoint: endpoint, target: job.target, plan: job.plan),
            path: job.plan.path.bytes, slicesSent: end.slicesSent, slicesFound: end.slicesFound, urls: urls,
            requestIDs: end.requestIDs, uploadID: end.uploadID, proof: proof?.description,
            started: HTTPDate.timestamp(started),
            ended: HTTPDate.timestamp(ended), manifestSHA256: job.manifestSHA256,
            error: end.failure.map { "\($0)" })
    }
}

/// What is known about buckets.
///
/// A class, because files in the same bucket share it.
private final class BucketNotes: Sendable {
    private let found = Mutex<[BucketAddress: Versioning]>([:])

    func versioning(of address: BucketAddress) -> Versioning? { found.withLock { $0[address] } }

    func note(_ versioning: Versioning, of address: BucketAddress) {
        found.withLock { $0[address] = versioning }
    }
}

/// Results not yet reported.
///
/// A class, because upload tasks add to it.
private final class EndedUploads: Sendable {
    private let results = Mutex<[UploadResult]>([])

    func add(_ result: UploadResult) { results.withLock { $0.append(result) } }

    func take() -> [UploadResult] {
        results.withLock { results in
            defer { results = [] }
            return results
        }
    }
}
