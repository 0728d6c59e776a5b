import PlanCore
import XMLProtocol

/// The upload through the XML API or S3 for ``FileUpload``: parts are plain ranges of the file.
package struct XMLFileUpload: UploadMachine {
    package typealias API = XMLAdapter

    private var upload: XMLUpload

    /// Creates the upload; it has not begun.
    package init(_ upload: XMLUpload) { self.upload = upload }

    /// The time allowed for finish, in which the service joins the parts.
    ///
    /// **Unit**: seconds.
    static let finishSeconds = 1800
    /// The maximum length of a reply other than a listing.
    ///
    /// **Unit**: bytes.
    static let usualReplyLimit = 1 << 20
    /// The maximum length of a listing: a thousand entries with keys of a kilobyte, every byte
    /// percent-encoded.
    ///
    /// **Unit**: bytes.
    static let listingLimit = 8 << 20

    package var ending: UploadEnding? {
        switch upload.outcome {
        case nil: nil
        case .uploaded(let proof): .good(.uploaded, .none, proof)
        case .instant(let proof): .good(.instant, .none, proof)
        case .alreadyThere(let proof): .good(.alreadyThere, .none, proof)
        case .refused(let refusal): .refused(.refusedByStore(refusal))
        }
    }

    package var inFlight: Int { upload.inFlight }
    package var bytesArrived: Int64 { upload.bytesArrived }
    package var slicesSent: Int { upload.partsSent }
    package var slicesFound: Int { upload.partsFound }
    package var uploadID: String? { upload.uploadID }
    package var unfinishedUpload: String? { upload.unfinishedUpload }
    /// Whether the bucket has versioning, once it is known.
    package var versioning: Versioning? { upload.versioning }

    package mutating func nextStep() -> XMLUploadStep? { upload.nextStep() }

    package mutating func accept(_ reply: XMLReply, to step: XMLUploadStep, content: ContentDigests?) {
        upload.accept(reply, to: step, content: content)
    }

    package mutating func accept(_ content: ContentDigests, to step: XMLUploadStep) {
        upload.accept(content, to: step)
    }

    package mutating func acceptNoAnswer(to step: XMLUploadStep) -> Bool { upload.acceptNoAnswer(to: step) }

    package mutating func takeWarnings(about job: UploadJob) -> [UploadWarning] {
        upload.takeWarnings().map { .store(job.plan.key, $0) }
    }

    package func draft(
        of step: XMLUploadStep, for job: UploadJob, with configuration: UploadConfiguration
    ) -> RequestDraft<XMLAdapter> {
        // A step that only digests the file's own bytes has no request; the placeholder here is never sent.
        let request = upload.request(for: step) ?? .head(upload.address, key: upload.plan.key)
        let body: RequestDraft<XMLAdapter>.Body =
            if let range = step.content {
                .content(range, opening: [], closing: [])
            } else if let document = request.document {
                .form { document }
            } else if request.method == "POST" {
                // An empty body, so that Content-Length 0 is sent, which servers require.
                .form { [] }
            } else {
                .none
            }
        var draft = RequestDraft<XMLAdapter>(
            operation: request.operation, target: request, phase: Self.phase(of: step),
            head: HTTPHead(
                method: request.method, path: request.path, query: request.queryText,
                headers: [("User-Agent", configuration.userAgent)]),
            body: body, replyLimit: Self.replyLimit(request.operation),
            replySeconds: request.operation == .finish
                ? max(Self.finishSeconds, configuration.replySeconds) : nil)
        draft.digests = step.digests
        let dialect = upload.dialect
        if step.mayBeAnswered { draft.isAnswered = { step.isAnswered(by: $0, dialect) } }
        return draft
    }

    private static func replyLimit(_ operation: XMLOperation) -> Int {
        switch operation {
        case .listParts, .listUploads: listingLimit
        case .put, .begin, .part, .finish, .head, .versioning, .get, .delete, .abort: usualReplyLimit
        }
    }

    private static func phase(of step: XMLUploadStep) -> UploadProgress.Phase {
        switch step.action {
        case .versioning, .head, .listUploads, .listParts, .begin: .beginning
        case .part, .put: .sending
        case .finish: .finishing
        case .digest: .comparing
        }
    }
}
