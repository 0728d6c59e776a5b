import PlanCore
import ServiceCore

/// The upload of one file through the XML API or S3 as a pure state machine.
///
/// It uses no clock, task or socket. A driver takes steps from ``nextStep()`` as long as it returns any. For
/// a step with content it first reads the bytes and computes their digests. If
/// ``XMLUploadStep/isAnswered(by:_:)`` is true, it passes them to ``accept(_:to:)-(ContentDigests,_)`` and
/// sends no request. Otherwise it sends the request and passes in the reply:
///
///     versioning? → head? → list uploads? → put ─────────────────────────────→ compared
///                         → list uploads → list parts… → begin? → parts → finish → compared
///
/// The driver also does the retries, and passes in the last reply. After a lost reply the request is sent
/// again and nothing is assumed; the possible consequences (the request was performed, the upload is gone)
/// are handled here. Nothing is aborted or deleted. **Source**: the vendor's documentation of the operations;
/// AWS's "Uploading and copying objects using multipart upload".
package struct XMLUpload: Sendable {
    /// Options that are not part of the plan.
    package struct Options: Hashable, Sendable {
        /// The minimum part size.
        ///
        /// **Unit**: bytes, within ``PartSizing/choices``.
        package var partSize = MultipartLimits.usualPart
        /// The bucket's versioning, if it is already known.
        package var versioning: Versioning?

        /// The default options.
        package init() {}
    }

    /// The plan to upload.
    package let plan: PlannedFile
    /// The bucket.
    package let address: BucketAddress
    /// How the file is divided, unless an existing upload is continued.
    package let sizing: PartSizing
    /// How the upload ended; nil while it is in progress.
    package internal(set) var outcome: UploadOutcome<UploadProof, XMLUploadRefusal>?
    /// The number of parts sent in this upload; a put counts as one.
    package internal(set) var partsSent = 0
    /// The number of parts the service already had.
    package internal(set) var partsFound = 0
    /// How many bytes of the file the service has.
    ///
    /// **Unit**: bytes.
    package internal(set) var bytesArrived: Int64 = 0
    /// The multipart upload's id, once there is one.
    package internal(set) var uploadID: String?
    /// The id of an upload that was begun or adopted and, as far as is known, not completed.
    package internal(set) var unfinishedUpload: String?
    /// The bucket's versioning, once it is known.
    package internal(set) var versioning: Versioning?
    /// The number of steps in progress.
    package private(set) var inFlight = 0

    enum Phase {
        /// This step is next, once no step is in progress.
        case ready(XMLUploadStep.Action)
        /// One step is in progress; its result determines the next phase.
        case waiting
        /// Pieces of the file are being read to compare an object with them.
        case digesting(next: Int)
        /// Parts are being sent.
        case sending(Sending)
        case over
    }

    struct Sending {
        let uploadID: String
        /// Whether the upload existed before.
        let isAdopted: Bool
        /// The parts the service already had, by number.
        let listed: [Int: ListedPart]
        /// The first part not yet returned by ``nextStep()``, from 0.
        var next = 0
    }

    /// The reason for HEAD.
    enum Purpose: Hashable {
        /// Nothing was sent yet.
        case before
        /// A reply, or a missing one, suggests that the object may exist.
        case compare(because: XMLServiceError?)
        /// The object was created, but the reply had no checksum.
        case prove(isAdopted: Bool)
    }

    var phase: Phase
    var purpose = Purpose.before
    /// The object that the file's pieces are compared with.
    var found: ReplyFields?
    var search = Search()
    /// How the file is currently divided; a continued upload has its own part size.
    var layout: Layout
    /// The digests of the pieces of ``layout`` that were read, by index.
    var digests: [Int: ContentDigests] = [:]
    /// The parts completed in the current upload, by number.
    var completed: [Int: CompletedPart] = [:]
    /// Whether a part was proved by its ETag alone.
    var isPartProvedByETag = false
    /// The operation that creates the object, if it got no reply.
    var unanswered: XMLOperation?
    /// The upload may start again once.
    var beginningsLeft = 1
    /// The parts of the current upload may be listed again once.
    var listsLeft = 1
    private var warnings: [XMLUploadWarning] = []
    /// The refusal of HEAD, until another request succeeds: wrong credentials are refused alike.
    var refusedHead: XMLServiceError?

    /// Creates the upload of `plan`; it has not begun.
    ///
    /// - Throws: ``XMLPlanProblem`` if the store cannot hold the object.
    package init(
        _ plan: PlannedFile, to address: BucketAddress, options: Options = Options()
    ) throws(XMLPlanProblem) {
        self.plan = plan
        self.address = address
        sizing = try PartSizing(plan, partSize: options.partSize, dialect: address.dialect)
        layout = sizing.layout
        versioning = options.versioning
        phase = .over
        start()
    }

    /// The API of the store.
    package var dialect: Dialect { address.dialect }

    /// Sets the first step: checks for existing objects if they must not be replaced, otherwise looks for an
    /// upload to continue.
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

    /// Queries the key before anything is sent.
    ///
    /// A put that may replace skips this, because it is as cheap as the query.
    mutating func look() {
        if plan.insertOnly == .refuse || !sizing.isPut {
            purpose = .before
            phase = .ready(.head)
        } else {
            goOn()
        }
    }

    /// Continues after the checks.
    ///
    /// Before a put, uploads are listed only to name those left behind, which other part sizes may have begun; a
    /// file no longer than the smallest part has none.
    mutating func goOn() {
        let isListed = !sizing.isPut || plan.fileSize > dialect.limits.smallestPart
        phase = .ready(isListed ? .listUploads(nil) : .put(plannedCRC: plannedCRC))
    }

    /// The next step, which then counts as in progress; nil if there is none now.
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

    /// The digests that a step needs of its content.
    private func digestKinds(for action: XMLUploadStep.Action) -> Set<ContentDigests.Kind> {
        switch action {
        case .part(_, _, _, let listed):
            request(of: action).map(\.digests)?.union(listed?.digests(dialect) ?? []) ?? []
        case .put: request(of: action)?.digests ?? []
        case .digest: comparisonKinds
        case .versioning, .head, .listUploads, .listParts, .begin, .finish: []
        }
    }

    /// The request of a step; nil if none is needed.
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

    /// Accepts the service's reply to a step from ``nextStep()``.
    ///
    /// `content` are the digests of the bytes sent, for a step that carries content.
    package mutating func accept(_ reply: XMLReply, to step: XMLUploadStep, content: ContentDigests? = nil) {
        inFlight -= 1
        guard outcome == nil, isCurrent(step) else { return }
        switch reply.result {
        case .success(let success):
            if let error = refusedHead { warn(.headRefused(error)) }
            refusedHead = nil
            do throws(XMLReplyProblem) {
                try acceptSuccess(success, to: step, content: content)
            } catch {
                end(.refused(.reply(error)))
            }
        case .failure(let error): acceptRefusal(error, to: step)
        }
    }

    /// Accepts the digests of a step's content where no request is needed.
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
        case .put:
            digests[0] = content
            if checkPlannedChecksum() { phase = .ready(.put(plannedCRC: nil)) }
        case .part, .versioning, .head, .listUploads, .listParts, .begin, .finish: break
        }
    }

    /// Accepts that a step got no reply after all retries; returns false if the upload cannot continue
    /// without one.
    ///
    /// Finish may take longer than the timeout; HEAD then tells whether it succeeded.
    package mutating func acceptNoAnswer(to step: XMLUploadStep) -> Bool {
        guard case .finish = step.action, unanswered == nil, outcome == nil else { return false }
        inFlight -= 1
        unanswered = .finish
        ask(.compare(because: nil))
        return true
    }

    /// Whether the reply is still relevant; replies to parts of an abandoned upload are not.
    private func isCurrent(_ step: XMLUploadStep) -> Bool {
        switch step.action {
        case .part(let id, _, _, _):
            if case .sending(let sending) = phase { sending.uploadID == id } else { false }
        case .digest: if case .digesting = phase { true } else { false }
        case .versioning, .head, .listUploads, .listParts, .begin, .finish, .put: true
        }
    }

    mutating func warn(_ warning: XMLUploadWarning) { warnings.append(warning) }

    /// The warnings since the last call.
    package mutating func takeWarnings() -> [XMLUploadWarning] {
        defer { warnings = [] }
        return warnings
    }

    mutating func ask(_ purpose: Purpose) {
        self.purpose = purpose
        phase = .ready(.head)
    }

    mutating func end(_ outcome: UploadOutcome<UploadProof, XMLUploadRefusal>) {
        self.outcome = outcome
        phase = .over
    }
}
