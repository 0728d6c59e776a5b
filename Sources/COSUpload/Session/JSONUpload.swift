import COSProtocol
import PlanCore
import XMLProtocol

/// The JSON API's upload for ``FileUpload``: multipart forms, with the slice in the last field.
package struct JSONUpload: UploadMachine {
    package typealias API = JSONAdapter

    private var upload: Upload
    private let target: JSONTarget

    /// Creates the upload to `target`; it has not begun.
    package init(_ upload: Upload, to target: JSONTarget) {
        self.upload = upload
        self.target = target
    }

    package var inFlight: Int { upload.inFlight }
    package var bytesArrived: Int64 { upload.bytesArrived }
    package var slicesSent: Int { upload.slicesSent }
    package var slicesFound: Int { upload.slicesFound }
    /// Nil: a session is of no use after this upload.
    package var uploadID: String? { nil }
    /// Nil: the service ends sessions by itself.
    package var unfinishedUpload: String? { nil }

    package mutating func nextStep() -> UploadStep? { upload.nextStep() }

    package var ending: UploadEnding? {
        switch upload.outcome {
        case nil: nil
        case .uploaded(let urls): .good(.uploaded, urls, nil)
        case .instant(let urls): .good(.instant, urls, nil)
        case .alreadyThere(let urls): .good(.alreadyThere, urls, nil)
        case .refused(let refusal): .refused(.refused(refusal))
        }
    }

    package mutating func accept(_ reply: ServiceReply, to step: UploadStep, content: ContentDigests?) {
        upload.accept(reply, to: step)
    }

    /// Does nothing: every step of this API sends a request.
    package mutating func accept(_ content: ContentDigests, to step: UploadStep) {}

    package mutating func acceptNoAnswer(to step: UploadStep) -> Bool { false }

    package mutating func takeWarnings(about job: UploadJob) -> [UploadWarning] { [] }

    /// The maximum length of a reply other than list's.
    ///
    /// **Unit**: bytes. Much more than real replies have.
    static let usualReplyLimit = 1 << 20

    package func draft(
        of step: UploadStep, for job: UploadJob, with configuration: UploadConfiguration
    ) -> RequestDraft<JSONAdapter> {
        let (plan, boundary) = (upload.plan, Boundary.random())
        let head = step.head(for: plan, to: target, boundary: boundary)
        let body: RequestDraft<JSONAdapter>.Body
        if let range = step.content, let form = step.body(for: plan, boundary: boundary) {
            body = .content(range, opening: form.opening, closing: form.closing)
        } else if step.action == .stat {
            body = .none
        } else {
            // An init form can take megabytes, so it is built only once memory for it was taken.
            body = .form { step.body(for: plan, boundary: boundary)?.opening ?? [] }
        }
        return RequestDraft(
            operation: step.operation, target: target, phase: Self.phase(of: step),
            head: HTTPHead(
                method: head.method, path: head.path, query: head.query,
                headers: head.headers(userAgent: configuration.userAgent)),
            body: body, replyLimit: Self.replyLimit(step.operation, fileSize: plan.fileSize),
            replySeconds: nil)
    }

    private static func phase(of step: UploadStep) -> UploadProgress.Phase {
        switch step.action {
        case .initialize, .list: .beginning
        case .data, .simpleUpload: .sending
        case .finish: .finishing
        case .stat: .comparing
        }
    }

    /// The maximum length of a reply for a file of `fileSize` bytes.
    ///
    /// **Unit**: bytes.
    ///
    /// List has up to 64 bytes for every slice that arrived; the smallest slice size supported is 64 KiB.
    static func replyLimit(_ operation: ServiceOperation, fileSize: Int64) -> Int {
        guard operation == .list else { return usualReplyLimit }
        let slices = Layout(fileSize: fileSize, pieceSize: Upload.usableSliceSizes.lowerBound).count
        return usualReplyLimit + 64 * slices
    }
}
