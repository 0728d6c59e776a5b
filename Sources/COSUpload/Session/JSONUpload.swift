import COSProtocol
import PlanCore
import XMLProtocol

/// The JSON API's upload, as the driver sees it: forms of fields, slices in the last field.
package struct JSONUpload: UploadMachine {
    package typealias API = JSONServiceAPI

    private var upload: Upload
    private let target: JSONTarget

    /// The upload, not yet begun, to `target`.
    package init(_ upload: Upload, to target: JSONTarget) {
        self.upload = upload
        self.target = target
    }

    package var inFlight: Int { upload.inFlight }
    package var bytesArrived: Int64 { upload.bytesArrived }
    package var slicesSent: Int { upload.slicesSent }
    package var slicesFound: Int { upload.slicesFound }
    /// A session is only good for this upload.
    package var uploadID: String? { nil }

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

    /// Every step of this API asks.
    package mutating func accept(_ content: ContentDigests, to step: UploadStep) {}

    package mutating func acceptNoAnswer(to step: UploadStep) -> Bool { false }

    package mutating func takeWarnings(about job: UploadJob) -> [UploadWarning] { [] }

    /// The longest reply to anything but list. **Unit**: bytes; real ones have some hundred.
    static let usualReplyLimit = 1 << 20

    package func draft(
        of step: UploadStep, for job: UploadJob, with configuration: UploadConfiguration
    ) -> RequestDraft<JSONServiceAPI> {
        let (plan, boundary) = (upload.plan, Boundary.random())
        let head: RequestHead
        let body: RequestDraft<JSONServiceAPI>.Body
        if let range = step.content {
            let form = MultipartForm(step.fields(for: plan) ?? [], boundary: boundary)
            head = RequestHead(target: target, key: plan.key, form: form)
            body = .content(
                range, opening: form.opening(lastField: WireName.fileContent, length: Int(range.length)),
                closing: form.closing)
        } else if step.action == .stat {
            head = RequestHead(target: target, key: plan.key, stat: StatOperation())
            body = .none
        } else {
            // The fields of an init can take megabytes: they are made where memory for them was taken.
            head = RequestHead(
                target: target, key: plan.key, form: MultipartForm([], boundary: boundary))
            body = .form { MultipartForm(step.fields(for: plan) ?? [], boundary: boundary).encoded }
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

    /// The longest reply that is read for a file of `fileSize` bytes. **Unit**: bytes.
    ///
    /// List names every slice that arrived, in 64 bytes at most; the smallest that are worked with have
    /// 64 KiB.
    static func replyLimit(_ operation: ServiceOperation, fileSize: Int64) -> Int {
        guard operation == .list else { return usualReplyLimit }
        let slices = Layout(fileSize: fileSize, pieceSize: Upload.usableSliceSizes.lowerBound).count
        return usualReplyLimit + 64 * slices
    }
}
