import PlanCore
import XMLProtocol

/// Drives the upload of one file: sends the requests of its state machine and passes the replies back.
struct FileUpload<Machine: UploadMachine> {
    private let job: UploadJob
    private let context: UploadContext
    private let sender: RequestSender<Machine.API>
    private let source: CheckedSliceSource
    private let number: Int
    private let endpoint: Endpoint
    private(set) var machine: Machine
    private var phase = UploadProgress.Phase.beginning
    private var failure: UploadFailure?
    /// Why no answer came to a request whose work was then looked for.
    private var lost: UploadFailure?
    private var requestIDs: [String] = []
    private var lastTurn: Turn?

    private struct StepEnd: Sendable {
        let step: Machine.Step
        let content: ByteRange?
        let result: Result<Answer, UploadFailure>
    }

    private enum Answer: Sendable {
        case reply(RequestSender<Machine.API>.Answer)
        /// The service already has the content; no request was sent.
        case found(ContentDigests)
    }

    /// Creates the upload of `job` from `source` by `machine`; it has not begun.
    init(
        _ job: UploadJob, by machine: Machine, through sender: RequestSender<Machine.API>,
        source: CheckedSliceSource, number: Int, endpoint: Endpoint, context: UploadContext
    ) {
        self.job = job
        self.machine = machine
        self.sender = sender
        self.source = source
        self.number = number
        self.endpoint = endpoint
        self.context = context
    }

    /// Runs until the end, or until the upload is stopped or the task cancelled.
    mutating func run() async -> FileUploadEnd {
        await withTaskGroup(of: StepEnd.self) { group in
            while machine.ending == nil, failure == nil {
                await begin(in: &group)
                guard let end = await group.next() else {
                    failure = failure ?? .interrupted
                    break
                }
                accept(end)
            }
            // After a changed part, a stop or the end of a ticket, requests in flight carry correct bytes and may complete.
            switch failure {
            case .bytesDiffer, .source, .ticket, .interrupted: break
            case nil, .sizeDiffers, .partTooLong, .refused, .refusedByStore, .unfit, .badAddress, .noAnswer:
                group.cancelAll()
            }
            while let end = await group.next() { accept(end) }
        }
        if case .refused(let refusal) = machine.ending { failure = reason(of: refusal) }
        warnOfUnfinished()
        return FileUploadEnd(
            ending: machine.ending, failure: failure, slicesSent: machine.slicesSent,
            slicesFound: machine.slicesFound, requestIDs: requestIDs, uploadID: machine.uploadID)
    }

    /// Begins every request that the state machine and the limits allow.
    ///
    /// The limit on slices in memory keeps waiting requests few, so that replies are handled soon.
    private mutating func begin(in group: inout TaskGroup<StepEnd>) async {
        while failure == nil, machine.inFlight < context.configuration.slicesInMemory, !isStopped,
            let step = machine.nextStep()
        {
            let draft = machine.draft(of: step, for: job, with: context.configuration)
            phase = draft.phase
            report()
            do throws(UploadFailure) {
                let request = try await request(for: draft)
                let sender = sender
                group.addTask {
                    let result: Result<Answer, UploadFailure>
                    do throws(UploadFailure) {
                        if let found = try await Self.found(request, draft.isAnswered) {
                            result = .success(.found(found))
                        } else {
                            result = .success(.reply(try await sender.send(request)))
                        }
                    } catch {
                        result = .failure(error)
                    }
                    return StepEnd(step: step, content: request.content, result: result)
                }
            } catch {
                failure = error
            }
        }
    }

    private var isStopped: Bool { context.stop.isStopped || Task.isCancelled }

    private mutating func accept(_ end: StepEnd) {
        switch end.result {
        case .success(.reply(let answer)):
            note(answer.verdict, content: end.content)
            machine.accept(answer.reply, to: end.step, content: answer.content)
            report()
        case .success(.found(let content)):
            machine.accept(content, to: end.step)
            report()
        case .failure(.noAnswer(let operation, let error)):
            let noAnswer = UploadFailure.noAnswer(operation: operation, error: error)
            guard failure == nil, machine.acceptNoAnswer(to: end.step) else {
                failure = failure ?? noAnswer
                return
            }
            lost = noAnswer
        case .failure(let error): failure = failure ?? error
        }
        for warning in machine.takeWarnings(about: job) { sender.environment.warn(warning) }
    }

    /// Names an upload that stays unfinished, where the same command would fail again.
    private func warnOfUnfinished() {
        guard let id = machine.unfinishedUpload else { return }
        switch failure?.verdict {
        case nil:
            // The object is there, so no other push continues it.
            sender.environment.warn(.store(job.plan.key, .unfinishedLeft([id])))
        case .sourceDiffers, .planUnfit, .sourceMissing, .refused:
            sender.environment.warn(.store(job.plan.key, .stopped(uploadID: id)))
        case .inputOutput, .tryAgain, .credentials, .configuration, .interrupted: break
        }
    }

    /// Explains a refusal by the ticket, or by the lost reply behind it where another try would end the same way.
    private func reason(of refusal: UploadFailure) -> UploadFailure {
        if context.configuration.tickets != nil, case .refused(.service(let error)) = refusal {
            switch error.reaction {
            case .signAgain, .renewCredentials, .refuseCredentials: return .ticket(.refused(error))
            case .proceed, .retry, .resume, .compare, .beginAgain, .refuse, .refuseConfiguration: break
            }
        }
        guard case .refusedByStore(.unanswered) = refusal, let lost, lost.verdict != .tryAgain else {
            return refusal
        }
        return lost
    }

    /// The digests of a request's content if the service already has that content; releases the body then.
    private static func found(
        _ request: ServiceRequest<Machine.API>, _ isAnswered: (@Sendable (ContentDigests) -> Bool)?
    ) async throws(UploadFailure) -> ContentDigests? {
        guard let isAnswered, let body = request.body else { return nil }
        let content: ContentDigests?
        do throws(UploadFailure) {
            content = try await body.digests()
        } catch {
            body.release()
            request.turn?.pass()
            throw error
        }
        guard let content, isAnswered(content) else { return nil }
        body.release()
        request.turn?.pass()
        return content
    }

    private mutating func note(_ verdict: ReplyVerdict, content: ByteRange?) {
        if let content, verdict.reaction == .proceed {
            context.progress.sent(content.length)
            // Receipts hold the ids that a support case needs, not one per slice.
            if content.length < job.plan.fileSize { return }
        }
        if let id = verdict.requestID, requestIDs.count < FileUploadEnd.requestIDLimit {
            requestIDs.append(id)
        }
    }

    private func report() {
        context.progress.update(number, phase: phase, bytesDone: machine.bytesArrived)
    }

    /// The request for `draft`, with its body started; bodies are started in file order.
    private mutating func request(
        for draft: RequestDraft<Machine.API>
    ) async throws(UploadFailure) -> ServiceRequest<Machine.API> {
        let plan = job.plan
        let isWhole = (draft.content?.length ?? plan.fileSize) == plan.fileSize
        let bound: ConcurrencyLimits.Bound =
            context.configuration.isSmall(plan) && isWhole ? .smallFiles : .slices
        let body = try await body(of: draft, bound: bound)
        // The order matters for slices only.
        let turn = bound == .slices ? Turn(after: lastTurn) : nil
        if let turn { lastTurn = turn }
        return ServiceRequest(
            operation: draft.operation, target: draft.target, key: plan.key, endpoint: endpoint,
            head: draft.head, body: body, content: draft.content, bound: bound, replyLimit: draft.replyLimit,
            replySeconds: draft.replySeconds, turn: turn)
    }

    private func body(
        of draft: RequestDraft<Machine.API>, bound: ConcurrencyLimits.Bound
    ) async throws(UploadFailure) -> RequestBodySource? {
        switch draft.body {
        case .none: return nil
        case .form(let make):
            let memory = context.isLargeForm(job.plan) ? MemoryShare(of: context.largeForms) : nil
            await memory?.take()
            let first = RequestBody(make())
            return RequestBodySource(PreparedBody(first), count: first.count, within: memory) {
                () throws(UploadFailure) in RequestBody(make())
            }
        case .content(let range, let opening, let closing):
            let order = SliceReader.Order(
                source: source, opening: opening, range: range, closing: closing, digests: draft.digests)
            let memory = context.memory(for: order, bound: bound)
            await memory.take()
            // The upload may have been stopped during the wait.
            if isStopped {
                memory.giveBack()
                throw .interrupted
            }
            let reader = context.reader
            return RequestBodySource(reader.begin(order), count: order.bodyLength, within: memory) {
                () throws(UploadFailure) in try await reader.begin(order).body()
            }
        }
    }
}

/// The end of a file's upload, with the data for its receipt.
struct FileUploadEnd: Sendable {
    /// The maximum number of request ids in a receipt.
    static let requestIDLimit = 16

    var ending: UploadEnding?
    var failure: UploadFailure?
    var slicesSent = 0
    var slicesFound = 0
    var requestIDs: [String] = []
    var uploadID: String?
}
