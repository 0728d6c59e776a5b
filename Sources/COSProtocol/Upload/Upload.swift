import PlanCore
import ServiceCore

/// The upload of one file as a pure state machine.
///
/// It uses no clock, task or socket. A driver takes steps from ``nextStep()`` as long as it returns any,
/// sends the requests, concurrently if there are several, and passes each reply to ``accept(_:to:)``:
///
///     while upload.outcome == nil {
///         while let step = upload.nextStep() { begin(step) }
///         let (reply, step) = await nextReply()
///         upload.accept(reply, to: step)
///     }
///
/// The driver also does the retries, and passes in the last reply. After a lost reply the request is sent
/// again and nothing is assumed; the possible consequences (the request was performed, the session is gone)
/// are handled here. **Source**: the documentation of init, data, list and finish; the vendor SDKs, without
/// their mistakes.
public struct Upload: Sendable {
    /// The slice sizes from the service that are supported.
    ///
    /// **Unit**: bytes.
    ///
    /// Wider than the four documented sizes, so that a new one works, but narrow enough to bound memory.
    package static let usableSliceSizes: ClosedRange<Int64> = 65_536...8_388_608

    /// The plan to upload.
    public let plan: PlannedFile
    /// How the upload ended; nil while it is in progress.
    public internal(set) var outcome: UploadOutcome<ObjectURLs, UploadRefusal>?
    /// The number of slices sent in this upload.
    public internal(set) var slicesSent = 0
    /// The number of slices the service already had.
    public internal(set) var slicesFound = 0
    /// Whether an unfinished upload was found at the key and resumed.
    package internal(set) var foundUnfinished = false
    /// How many bytes of the file the service has in the current session.
    ///
    /// **Unit**: bytes.
    public internal(set) var bytesArrived: Int64 = 0
    /// The slice size of the service's reply, once known.
    ///
    /// **Unit**: bytes.
    package internal(set) var sliceSize: Int64?
    /// Whether the service requires one slice at a time, in order.
    package internal(set) var isSerial = false
    /// The number of requests in flight.
    package private(set) var inFlight = 0

    enum Phase {
        /// This step is next, once no request is in flight.
        case ready(UploadStep.Action)
        /// One request is in flight; its reply determines the next phase.
        case waiting
        /// Slices are being sent.
        case sending(Sending)
        case over
    }

    struct Sending {
        let session: String
        let layout: Layout
        /// Slices that the service already had.
        let arrived: Set<Int>
        /// The first slice not yet returned by ``nextStep()``.
        var next = 0
    }

    var phase: Phase
    /// The error that led to stat; nil if list reported that the object is complete.
    var comparingBecause: ServiceError?
    /// The upload may start again once.
    var beginningsLeft = 1
    /// How often an unfinished upload may be listed.
    var listsLeft = 3

    /// The first step of an upload from the beginning.
    let beginning: UploadStep.Action

    /// Creates the upload of `plan`; it has not begun.
    ///
    /// Files up to `simpleUpTo` bytes, and empty files, are sent in one request.
    public init(_ plan: PlannedFile, simpleUpTo: Int64 = 0) {
        self.plan = plan
        beginning = Self.isSimple(plan, upTo: simpleUpTo) ? .simpleUpload(length: plan.fileSize) : .initialize
        phase = .ready(beginning)
    }

    /// Whether `plan` is sent in one request, if files up to `size` bytes are.
    ///
    /// An empty file cannot be sliced; a file larger than ``SimpleUploadOperation/maximumFileSize`` must be.
    package static func isSimple(_ plan: PlannedFile, upTo size: Int64) -> Bool {
        plan.fileSize <= min(max(0, size), SimpleUploadOperation.maximumFileSize)
    }

    /// The content that should be at the key.
    var planned: UploadRefusal.Content {
        UploadRefusal.Content(length: plan.fileSize, sha: plan.sha.hex)
    }

    /// The next request to send, which then counts as in flight; nil if there is none now.
    public mutating func nextStep() -> UploadStep? {
        switch phase {
        case .ready(let action):
            guard inFlight == 0 else { return nil }
            phase = .waiting
            return begin(action)
        case .sending(let sending): return nextSlice(of: sending)
        case .waiting, .over: return nil
        }
    }

    private mutating func nextSlice(of current: Sending) -> UploadStep? {
        var sending = current
        if isSerial, inFlight > 0 { return nil }
        while sending.next < sending.layout.count {
            let index = sending.next
            sending.next += 1
            guard !sending.arrived.contains(index) else { continue }
            phase = .sending(sending)
            return begin(.data(session: sending.session, range: sending.layout.range(of: index)))
        }
        phase = .sending(sending)
        guard inFlight == 0 else { return nil }
        phase = .waiting
        return begin(.finish(session: sending.session))
    }

    private mutating func begin(_ action: UploadStep.Action) -> UploadStep {
        inFlight += 1
        return UploadStep(action)
    }

    /// Accepts the service's reply to a step from ``nextStep()``.
    public mutating func accept(_ reply: ServiceReply, to step: UploadStep) {
        inFlight -= 1
        guard outcome == nil else { return }
        guard case .json(let envelope) = reply, envelope.isSuccess else {
            acceptRefusal(ServiceError(operation: step.operation, reply: reply), to: step)
            return
        }
        do throws(ReplyProblem) {
            try acceptSuccess(envelope.data ?? .empty, to: step)
        } catch {
            end(.refused(.reply(error)))
        }
    }

    mutating func end(_ outcome: UploadOutcome<ObjectURLs, UploadRefusal>) {
        self.outcome = outcome
        phase = .over
    }
}
