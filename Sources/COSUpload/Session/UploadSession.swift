import COSProtocol
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import ServiceCore

/// Uploads files, several at once, all within one bound on requests. A class, because it can be told to stop.
///
///     let session = UploadSession(configuration)
///     await session.upload(next: { jobs.next() }, ended: { result in … })
///
/// Every byte is checked against its plan before it leaves. Nothing remote is ever deleted. What was begun
/// and not ended stays at the service; the same call again goes on from there.
public final class UploadSession: Sendable {
    /// How far it is.
    public let progress: UploadProgress

    private let context: UploadContext

    /// A session over the network.
    ///
    /// - Parameters:
    ///   - watch: told of every answer and retry, from any thread; nil for nobody.
    ///   - warn: told what a person should hear of.
    public convenience init(
        _ configuration: UploadConfiguration, watch: (@Sendable (UploadEvent) -> Void)? = nil,
        warn: @escaping @Sendable (UploadWarning) -> Void = { _ in }
    ) {
        let progress = UploadProgress()
        let transport = URLSessionTransport(configuration, board: progress.board, warn: warn)
        self.init(configuration, over: transport, progress: progress, watch: watch, warn: warn)
    }

    /// A session over any way to the service.
    package init(
        _ configuration: UploadConfiguration, over transport: any Transport,
        progress: UploadProgress = UploadProgress(), clock: WallClock = WallClock(),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        watch: (@Sendable (UploadEvent) -> Void)? = nil,
        warn: @escaping @Sendable (UploadWarning) -> Void = { _ in }
    ) {
        precondition(configuration.slices > 0, "at least one slice must be under way")
        self.progress = progress
        let stop = StopSignal()
        let sleep: @Sendable (Duration) async -> Bool = { await stop.sleep(for: $0) }
        var way = transport
        if let watch { way = WatchedTransport(way, tell: watch) }
        way = SigningTransport(
            way, credentials: configuration.credentials, clock: clock, warn: warn)
        way = ConcurrencyLimitedTransport(
            way, limit: configuration.slices, isStopped: { stop.isStopped }, warn: warn)
        if let bytesPerSecond = configuration.bytesPerSecond {
            let begin = ContinuousClock.now
            way = RateLimitedTransport(
                way, bytesPerSecond: bytesPerSecond, now: { ContinuousClock.now - begin }, sleep: sleep)
        }
        way = RetryingTransport(
            way, policy: configuration.retry, random: random, sleep: sleep,
            tell: { event in
                progress.note(event)
                watch?(event)
            }, retried: { progress.retried() })
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let check = PartCheck(DigestEngine(jobs: 1, kernel: configuration.kernel))
        context = UploadContext(
            configuration: configuration, transport: way,
            bodies: AsyncSemaphore(configuration.slicesInMemory),
            largeForms: AsyncSemaphore(2), memory: BufferPool(),
            reader: SliceReader(
                check: check, threads: max(4, processors)),
            sourceCheck: SourceCheck(
                part: check, whole: DigestEngine(jobs: processors, kernel: configuration.kernel)),
            queue: BlockingQueue(), stop: stop, clock: clock, progress: progress)
    }

    /// Stops at the next slice boundary: nothing new begins, what is under way may arrive.
    ///
    /// Cancelling the task that runs ``upload(next:ended:)`` stops at once.
    public func stop() { context.stop.stop() }

    /// Whether it was told to stop.
    public var isStopped: Bool { context.stop.isStopped }

    /// Uploads every file that `next` gives until it gives nil, several at once.
    ///
    /// - Parameters:
    ///   - next: the next file; called by one at a time, only when there is room for it.
    ///   - ended: told how each ended, in the order they end, by one at a time.
    public func upload(
        next: () async throws -> UploadJob?, ended: (UploadResult) async throws -> Void
    ) async rethrows {
        try await withThrowingTaskGroup(of: UploadResult.self) { group in
            var underWay = 0
            var isLast = false
            while true {
                while !isLast, underWay < context.configuration.filesAtOnce, !isStopped, !Task.isCancelled {
                    guard let job = try await next() else {
                        isLast = true
                        break
                    }
                    let context = context
                    group.addTask { await Self.upload(job, in: context) }
                    underWay += 1
                }
                guard let result = try await group.next() else { return }
                underWay -= 1
                try await ended(result)
            }
        }
    }

    private static func upload(_ job: UploadJob, in context: UploadContext) async -> UploadResult {
        let started = context.clock.now
        let number = context.progress.begin(job.plan)
        var end = FileUpload.End()
        do throws(UploadFailure) {
            let source = try await open(job, number: number, in: context)
            var upload = FileUpload(job, source: source, number: number, context: context)
            end = await upload.run()
        } catch {
            end.failure = error
        }
        context.progress.end(number, isGood: end.failure == nil)
        guard end.failure != .interrupted else {
            return UploadResult(job: job, failure: end.failure, receipt: nil)
        }
        let receipt = receipt(
            for: job, end: end, endpoint: context.endpoint(for: job), started: started,
            ended: context.clock.now)
        return UploadResult(job: job, failure: end.failure, receipt: receipt)
    }

    /// Opens the job's file and checks what is checked before the upload begins.
    private static func open(
        _ job: UploadJob, number: Int, in context: UploadContext
    ) async throws(UploadFailure) -> CheckedSliceSource {
        let checksAll = context.configuration.checksWholeFilesFirst && job.plan.parts.count > 1
        let (file, source) = try await context.queue.run {
            () throws(UploadFailure) -> (UnchangedFile, CheckedSliceSource) in
            let file = try UnchangedFile(job)
            let source = CheckedSliceSource(file, memory: context.memory)
            if !checksAll { try context.sourceCheck.first(of: source) }
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
        for job: UploadJob, end: FileUpload.End, endpoint: Endpoint, started: Int64, ended: Int64
    ) -> Receipt {
        let (result, urls): (Receipt.Result, ObjectURLs) =
            switch end.outcome {
            case .uploaded(let urls) where end.failure == nil: (.uploaded, urls)
            case .instant(let urls) where end.failure == nil: (.instant, urls)
            case .alreadyThere(let urls) where end.failure == nil: (.alreadyThere, urls)
            default: (.failed, .none)
            }
        return Receipt(
            result: result,
            identity: Receipt.Identity(endpoint: endpoint, target: job.target, plan: job.plan),
            path: job.plan.path.bytes, slicesSent: end.slicesSent, slicesFound: end.slicesFound, urls: urls,
            requestIDs: end.requestIDs, started: HTTPDate.timestamp(started),
            ended: HTTPDate.timestamp(ended), manifestSHA256: job.manifestSHA256,
            error: end.failure.map { "\($0)" })
    }
}
