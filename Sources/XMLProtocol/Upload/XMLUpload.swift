import PlanCore
import ServiceCore

/// The upload of one file through the XML API or S3 as a pure state machine.
///
/// It knows no clock, task or socket. A driver takes steps from ``nextStep()`` while it gives any. A step that carries
/// content is read first and its digests are computed; where ``XMLUploadStep/isAnswered(by:_:)`` says so, they are fed to
/// ``accept(_:to:)-(ContentDigests,_)`` and nothing is asked. Else the request is made, and the reply fed back:
///
///     versioning? → head? → put ──────────────────────────────────→ compared
///                        → list uploads → list parts… → begin? → parts → finish → compared
///
/// Retries are the driver's business: it feeds in the last answer. A reply that was lost is asked for again, never
/// assumed; what that may lead to (the work was done, the upload is gone) is settled here. Nothing is given up or deleted.
/// **Source**: the vendor's pages of the operations; AWS's "Uploading and copying objects using multipart upload".
package struct XMLUpload: Sendable {
    /// What is not in the plan.
    package struct Options: Hashable, Sendable {
        /// How long a part should be at least. **Unit**: bytes; in ``PartSizing/choices``.
        package var partSize = MultipartLimits.usualPart
        /// Whether the bucket keeps old versions, where that is known already.
        package var versioning: Versioning?

        /// The usual values.
        package init() {}
    }

    /// What goes up.
    package let plan: PlannedFile
    /// Where to.
    package let address: BucketAddress
    /// How the file is cut where nothing else is found.
    package let sizing: PartSizing
    /// How it ended; nil while it goes on.
    package internal(set) var outcome: XMLUploadOutcome?
    /// How many parts the service took in this upload; a put counts as one.
    package internal(set) var partsSent = 0
    /// How many parts had arrived before it.
    package internal(set) var partsFound = 0
    /// How much of the file the service has. **Unit**: bytes.
    package internal(set) var bytesArrived: Int64 = 0
    /// The multipart upload's id, once there is one.
    package internal(set) var uploadID: String?
    /// Whether the bucket keeps old versions, once it is known.
    package internal(set) var versioning: Versioning?
    /// Steps under way.
    package private(set) var inFlight = 0

    enum Phase {
        /// This step comes next, once nothing is under way.
        case ready(XMLUploadStep.Action)
        /// One step is under way; its answer decides what comes next.
        case waiting
        /// Pieces of the file are read to compare an object with them.
        case digesting(next: Int)
        /// Parts go up.
        case sending(Sending)
        case over
    }

    struct Sending {
        let uploadID: String
        /// Whether it was begun before.
        let isAdopted: Bool
        /// What had arrived, by number.
        let listed: [Int: ListedPart]
        /// The first part not yet handed out, from 0.
        var next = 0
    }

    /// Why HEAD is asked.
    enum Purpose: Hashable {
        /// Nothing was sent yet.
        case before
        /// An answer, or its lack, says that the object may be there.
        case compare(because: XMLServiceError?)
        /// The object is there; its checksum was not in the answer.
        case prove(isAdopted: Bool)
    }

    var phase: Phase
    var purpose = Purpose.before
    /// The object that pieces are read for.
    var found: ReplyFields?
    var search = Search()
    /// How the file is cut now; an adopted upload has its own part size.
    var layout: Layout
    /// Of the pieces of ``layout`` that were read, by their index.
    var digests: [Int: ContentDigests] = [:]
    /// Of the upload under way, by number.
    var completed: [Int: CompletedPart] = [:]
    /// Whether a part was proved by its ETag alone.
    var isPartProvedByETag = false
    /// Whether the request that makes the object stayed without an answer.
    var unanswered: XMLOperation?
    /// Beginning again is allowed once.
    var beginningsLeft = 1
    /// Listing the parts of the upload under way again is allowed once.
    var listsLeft = 1
    private var warnings: [XMLUploadWarning] = []

    /// The upload of `plan`, not yet begun.
    ///
    /// - Throws: ``XMLPlanProblem`` where the store cannot take it.
    package init(
        _ plan: PlannedFile, to address: BucketAddress, options: Options = Options(),
        plannedCRC: UInt64? = nil,
        plannedMD5: [UInt8]? = nil
    ) throws(XMLPlanProblem) {
        guard plan.bizAttr.isEmpty else { throw .bizAttr }
        let (keyLength, limit) = (plan.key.wireName.utf8.count, address.dialect.limits.keyBytes)
        guard keyLength <= limit else { throw .keyTooLong(found: keyLength, limit: limit) }
        self.plan = plan
        self.address = address
        sizing = try PartSizing(plan, partSize: options.partSize, dialect: address.dialect)
        layout = sizing.layout
        versioning = options.versioning
        phase = .over
        start()
    }

    /// Which interface the store speaks.
    package var dialect: Dialect { address.dialect }

    /// The first question: what stands in the way, where that counts, or what can be continued.
    private mutating func start() {
        if plan.insertOnly == .refuse, dialect == .cos {
            guard let versioning else {
                phase = .ready(.versioning)
                return
            }
            if versioning != .never { warnings.append(.overwriteNotRefused(versioning)) }
        }
        look()
    }

    /// Looks at the key before anything is sent. A put that replaces is as cheap as the look.
    mutating func look() {
        if plan.insertOnly == .refuse || !sizing.isPut {
            purpose = .before
            phase = .ready(.head)
        } else {
            goOn()
        }
    }

    /// What comes where nothing stands in the way.
    mutating func goOn() {
        phase = .ready(sizing.isPut ? .put : .listUploads(nil))
    }

    /// A step to take now, counted as under way from here on; nil if there is none.
    package mutating func nextStep() -> XMLUploadStep? {
        switch phase {
        case .ready(let action):
            guard inFlight == 0 else { return nil }
            phase = .waiting
            return begin(action)
        case .digesting(let next):
            guard next < layout.count else { return nil }
            phase = .digesting(next: next + 1)
            return begin(.digest(piece: next, layout.range(of: next)))
        case .sending(let sending): return nextPart(of: sending)
        case .waiting, .over: return nil
        }
    }

    private mutating func nextPart(of current: Sending) -> XMLUploadStep? {
        var sending = current
        if sending.next < layout.count {
            let number = sending.next + 1
            let range = layout.range(of: sending.next)
            sending.next = number
            phase = .sending(sending)
            return begin(
                .part(uploadID: sending.uploadID, number: number, range, listed: sending.listed[number]))
        }
        guard inFlight == 0 else { return nil }
        guard checkPlannedChecksum() else { return nil }
        phase = .waiting
        return begin(
            .finish(uploadID: sending.uploadID, completed.values.sorted { $0.number < $1.number }))
    }

    private mutating func begin(_ action: XMLUploadStep.Action) -> XMLUploadStep {
        inFlight += 1
        return XMLUploadStep(action, digests: digestKinds(for: action), fileSize: plan.fileSize)
    }

    /// What a step needs to know of the bytes it reads.
    private func digestKinds(for action: XMLUploadStep.Action) -> Set<ContentDigests.Kind> {
        switch action {
        case .part(_, _, _, let listed):
            request(of: action).map(\.digests)?.union(listed?.digests(dialect) ?? []) ?? []
        case .put: request(of: action)?.digests ?? []
        case .digest: comparisonKinds
        case .versioning, .head, .listUploads, .listParts, .begin, .finish: []
        }
    }

    /// The request of a step; nil where nothing is asked.
    package func request(for step: XMLUploadStep) -> XMLRequest? { request(of: step.action) }

    private func request(of action: XMLUploadStep.Action) -> XMLRequest? {
        let key = plan.key
        return switch action {
        case .versioning: .versioning(address)
        case .head: .head(address, key: key)
        case .listUploads(let marker): .listUploads(address, key: key, marker: marker)
        case .listParts(let id, let marker): .listParts(address, key: key, uploadID: id, marker: marker)
        case .begin: .begin(address, key: key, insertOnly: plan.insertOnly)
        case .part(let id, let number, _, _): .part(address, key: key, uploadID: id, number: number)
        case .finish(let id, let parts):
            .finish(address, key: key, uploadID: id, parts: parts, insertOnly: plan.insertOnly)
        case .put: .put(address, key: key, insertOnly: plan.insertOnly)
        case .digest: nil
        }
    }

    /// Takes the service's answer to a step that ``nextStep()`` gave.
    ///
    /// - Parameter content: what was computed of the bytes sent, for a step that carries some.
    package mutating func accept(_ reply: XMLReply, to step: XMLUploadStep, content: ContentDigests? = nil) {
        inFlight -= 1
        guard outcome == nil, isCurrent(step) else { return }
        switch reply.result {
        case .success(let success):
            do throws(XMLReplyProblem) {
                try acceptSuccess(success, to: step, content: content)
            } catch {
                end(.refused(.reply(error)))
            }
        case .failure(let error): acceptRefusal(error, to: step)
        }
    }

    /// Takes what was computed of a step's bytes, where that answers it.
    package mutating func accept(_ content: ContentDigests, to step: XMLUploadStep) {
        inFlight -= 1
        guard outcome == nil, isCurrent(step) else { return }
        switch step.action {
        case .digest(let piece, _):
            digests[piece] = content
            if digests.count == layout.count, let found { settle(compare(with: found)) }
        case .part(_, let number, let range, let listed?):
            complete(number, range, etag: listed.etag, content)
            partsFound += 1
        case .part, .put, .versioning, .head, .listUploads, .listParts, .begin, .finish: break
        }
    }

    /// Takes that no answer came, however often a step was tried; false where the upload cannot go on without one.
    ///
    /// Finish may take longer than anybody waits: then HEAD says whether it worked.
    package mutating func acceptNoAnswer(to step: XMLUploadStep) -> Bool {
        guard case .finish = step.action, unanswered == nil, outcome == nil else { return false }
        inFlight -= 1
        unanswered = .finish
        ask(.compare(because: nil))
        return true
    }

    /// Whether the answer still counts: a part of an upload that was left behind does not.
    private func isCurrent(_ step: XMLUploadStep) -> Bool {
        switch step.action {
        case .part(let id, _, _, _):
            if case .sending(let sending) = phase { sending.uploadID == id } else { false }
        case .digest: if case .digesting = phase { true } else { false }
        case .versioning, .head, .listUploads, .listParts, .begin, .finish, .put: true
        }
    }

    mutating func warn(_ warning: XMLUploadWarning) { warnings.append(warning) }

    /// What a person should hear of since the last call.
    package mutating func takeWarnings() -> [XMLUploadWarning] {
        defer { warnings = [] }
        return warnings
    }

    mutating func ask(_ purpose: Purpose) {
        self.purpose = purpose
        phase = .ready(.head)
    }

    mutating func end(_ outcome: XMLUploadOutcome) {
        self.outcome = outcome
        phase = .over
    }
}
