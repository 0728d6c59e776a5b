import COSProtocol
import PlanCore

/// Drives the upload of one file: makes the requests that ``COSProtocol/Upload`` wants and feeds the replies
/// back.
struct FileUpload {
    private let job: UploadJob
    private let context: UploadContext
    private let source: CheckedSliceSource
    private let number: Int
    private var upload: Upload
    private var phase = UploadProgress.Phase.beginning
    private var failure: UploadFailure?
    private var requestIDs: [String] = []
    /// Ends when the last slice's turn has come: slices line up in the order of the file, whichever is read first.
    private var lastTurn = AsyncStream<Never> { $0.finish() }

    /// The most request ids that a receipt keeps.
    private static let requestIDLimit = 16

    /// From how many parts on an init is large: some megabytes of `uploadparts`, several times in memory.
    private static let manyParts = 8192

    private struct StepEnd: Sendable {
        let step: UploadStep
        let result: Result<ServiceResponse, TransportError>
        /// Why the body could not be read again.
        var bodyFailure: UploadFailure?
    }

    /// The upload of `job` from `source`, not yet begun.
    init(_ job: UploadJob, source: CheckedSliceSource, number: Int, context: UploadContext) {
        self.job = job
        self.context = context
        self.number = number
        self.source = source
        upload = Upload(job.plan)
    }

    /// How it ended, and what a receipt wants to know.
    struct End: Sendable {
        var outcome: UploadOutcome?
        var failure: UploadFailure?
        var slicesSent = 0
        var slicesFound = 0
        var requestIDs: [String] = []
    }

    /// Runs to the end, or until the upload is stopped or its task cancelled.
    mutating func run() async -> End {
        await withTaskGroup(of: StepEnd.self) { group in
            while upload.outcome == nil, failure == nil {
                await begin(in: &group)
                guard let end = await group.next() else {
                    failure = failure ?? .interrupted
                    break
                }
                accept(end)
            }
            // After a changed part or a stop, what is under way carries right bytes: it may arrive.
            switch failure {
            case .bytesDiffer, .source, .interrupted: break
            default: group.cancelAll()
            }
            while let end = await group.next() { accept(end) }
        }
        if case .refused(let refusal) = upload.outcome { failure = .refused(refusal) }
        if upload.outcome != nil, failure == nil { return end(nil) }
        return end(failure)
    }

    private func end(_ failure: UploadFailure?) -> End {
        End(
            outcome: upload.outcome, failure: failure, slicesSent: upload.slicesSent,
            slicesFound: upload.slicesFound, requestIDs: requestIDs)
    }

    /// Begins every request that may begin now. Slices that wait for their turn are few: a reply must be
    /// heard soon.
    private mutating func begin(in group: inout TaskGroup<StepEnd>) async {
        while failure == nil, upload.inFlight < context.configuration.slicesInMemory, !isStopped,
            let step = upload.nextStep()
        {
            phase = Self.phase(of: step)
            report()
            do throws(UploadFailure) {
                var request =
                    if let range = step.content {
                        try await request(for: step, carrying: range)
                    } else {
                        await request(for: step)
                    }
                let (turn, begun) = AsyncStream<Never>.makeStream()
                let previous = lastTurn
                lastTurn = turn
                request.began = { begun.finish() }
                let transport = context.transport
                group.addTask { [request] in
                    await request.body?.ready()
                    for await _ in previous {}
                    let result = await Self.send(request, over: transport)
                    begun.finish()
                    request.body?.rest()
                    return StepEnd(step: step, result: result, bodyFailure: request.body?.failure)
                }
            } catch {
                failure = error
            }
        }
    }

    private var isStopped: Bool { context.stop.isStopped || Task.isCancelled }

    private static func send(
        _ request: ServiceRequest, over transport: any Transport
    ) async -> Result<ServiceResponse, TransportError> {
        do throws(TransportError) {
            return .success(try await transport.send(request))
        } catch {
            return .failure(error)
        }
    }

    private mutating func accept(_ end: StepEnd) {
        switch end.result {
        case .success(let response):
            note(response, for: end.step)
            upload.accept(response.reply, to: end.step)
            report()
        case .failure(.cancelled): failure = failure ?? .interrupted
        case .failure(.bodyGone): failure = failure ?? end.bodyFailure ?? .interrupted
        case .failure(let error): failure = failure ?? .noAnswer(operation: end.step.operation, error: error)
        }
    }

    private mutating func note(_ response: ServiceResponse, for step: UploadStep) {
        guard case .json(let envelope) = response.reply else { return }
        if case .data(_, let range) = step.action, envelope.isSuccess {
            context.progress.sent(range.length)
            return
        }
        if let id = envelope.requestID, requestIDs.count < Self.requestIDLimit { requestIDs.append(id) }
    }

    private func report() {
        context.progress.update(number, phase: phase, bytesDone: upload.bytesArrived)
    }

    private static func phase(of step: UploadStep) -> UploadProgress.Phase {
        switch step.action {
        case .initialize, .list: .beginning
        case .data, .simpleUpload: .sending
        case .finish: .finishing
        case .stat: .comparing
        }
    }

    /// A request that carries none of the file's bytes.
    private func request(for step: UploadStep) async -> ServiceRequest {
        let (plan, boundary) = (job.plan, Boundary.random())
        if step.action == .stat {
            let head = RequestHead(target: job.target, key: plan.key, stat: StatOperation())
            return request(step, head: head, body: nil)
        }
        let head = RequestHead(
            target: job.target, key: plan.key, form: MultipartForm([], boundary: boundary))
        let isLarge = step.action == .initialize && plan.parts.count > Self.manyParts
        let permits = isLarge ? context.largeForms : nil
        await permits?.take()
        let make: @Sendable () -> RequestBody = {
            RequestBody(MultipartForm(step.fields(for: plan) ?? [], boundary: boundary).encoded)
        }
        let body = BodySupply(make(), within: permits) { () throws(UploadFailure) in make() }
        return request(step, head: head, body: body)
    }

    /// A request that carries these bytes of the file, read and checked.
    private func request(
        for step: UploadStep, carrying range: ByteRange
    ) async throws(UploadFailure) -> ServiceRequest {
        let form = MultipartForm(step.fields(for: job.plan) ?? [], boundary: .random())
        let order = SliceReader.Order(
            source: source, opening: form.opening(lastField: WireName.fileContent, length: Int(range.length)),
            range: range, closing: form.closing)
        let reader = context.reader
        let head = RequestHead(target: job.target, key: job.plan.key, form: form)
        await context.bodies.take()
        // The wait may have been long.
        if isStopped {
            context.bodies.giveBack()
            throw .interrupted
        }
        let body = BodySupply(
            reader.begin(order), count: order.bodyLength, within: context.bodies
        ) { () throws(UploadFailure) in try await reader.begin(order).body() }
        return request(step, head: head, body: body, content: range)
    }

    private func request(
        _ step: UploadStep, head: RequestHead, body: BodySupply?, content: ByteRange? = nil
    ) -> ServiceRequest {
        ServiceRequest(
            operation: step.operation, endpoint: context.endpoint(for: job), target: job.target,
            key: job.plan.key, head: head, body: body, content: content,
            replyLimit: ServiceRequest.replyLimit(step.operation, fileSize: job.plan.fileSize))
    }
}
