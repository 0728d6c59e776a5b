import PlanCore

/// The upload of one file as a pure state machine.
///
/// It knows no clock, task or socket. A driver takes steps from ``nextStep()`` while it gives any, makes the
/// requests, in parallel where it gave several, and feeds each reply to ``accept(_:to:)``:
///
///     while upload.outcome == nil {
///         while let step = upload.nextStep() { begin(step) }
///         let (reply, step) = await nextReply()
///         upload.accept(reply, to: step)
///     }
///
/// Retries are the driver's business: it feeds in the last answer. A reply that was lost is asked for again,
/// never assumed; what that may lead to (the work was done, the session is gone) is settled here.
/// **Source**: the pages of init, data, list and finish; what vendor SDKs do, without their mistakes.
public struct Upload: Sendable {
    /// The slice sizes of the service that are worked with. **Unit**: bytes.
    ///
    /// Wider than the four sizes it offers, so that a new one works, and narrow enough to bound memory.
    public static let usableSliceSizes: ClosedRange<Int64> = 65_536...8_388_608

    /// What goes up.
    public let plan: PlannedFile
    /// How it ended; nil while it goes on.
    public internal(set) var outcome: UploadOutcome?
    /// How many slices the service took in this upload.
    public internal(set) var slicesSent = 0
    /// How many slices had arrived before it.
    public internal(set) var slicesFound = 0
    /// Whether an unfinished upload was found at the key and gone on with.
    public internal(set) var foundUnfinished = false
    /// How much of the file the service has in the present session. **Unit**: bytes.
    public internal(set) var bytesArrived: Int64 = 0
    /// The service's slice size, once it is known. **Unit**: bytes.
    public internal(set) var sliceSize: Int64?
    /// Whether the service wants one slice at a time, in order.
    public internal(set) var isSerial = false
    /// Requests under way.
    public private(set) var inFlight = 0

    enum Phase {
        /// This step comes next, once nothing is under way.
        case ready(UploadStep.Action)
        /// One request is under way; its reply decides what comes next.
        case waiting
        /// Slices go up.
        case sending(Sending)
        case over
    }

    struct Sending {
        let session: String
        let layout: Layout
        /// Slices the service had before.
        let arrived: Set<Int>
        /// The first slice not yet handed out.
        var next = 0
    }

    var phase: Phase
    /// Why stat is asked; nil when it is because of list's word that the object is whole.
    var comparingBecause: ServiceError?
    /// Beginning again is allowed once.
    var beginningsLeft = 1
    /// How often an unfinished upload may be looked into.
    var listsLeft = 3

    /// What an upload from the beginning asks first.
    let beginning: UploadStep.Action

    /// The upload of `plan`, not yet begun.
    ///
    /// - Parameter simpleUpTo: files up to this size go up in one request. **Unit**: bytes; empty files always do.
    public init(_ plan: PlannedFile, simpleUpTo: Int64 = 0) {
        self.plan = plan
        beginning = Self.isSimple(plan, upTo: simpleUpTo) ? .simpleUpload(length: plan.fileSize) : .initialize
        phase = .ready(beginning)
    }

    /// Whether `plan` goes up in one request where files up to `size` bytes do: an empty file cannot be sliced, one
    /// beyond ``SimpleUploadOperation/maximumFileSize`` must be.
    public static func isSimple(_ plan: PlannedFile, upTo size: Int64) -> Bool {
        plan.fileSize <= min(max(0, size), SimpleUploadOperation.maximumFileSize)
    }

    /// What the plan says should be at the key.
    var planned: UploadRefusal.Content {
        UploadRefusal.Content(length: plan.fileSize, sha: plan.sha.hex)
    }

    /// A request to make now, counted as under way from here on; nil if there is none.
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

    /// Takes the service's answer to a step that ``nextStep()`` gave.
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

    mutating func end(_ outcome: UploadOutcome) {
        self.outcome = outcome
        phase = .over
    }
}
