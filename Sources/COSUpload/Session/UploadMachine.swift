import COSProtocol
import PlanCore
import XMLProtocol

/// The upload of one file as a pure state machine for one API; ``FileUpload`` drives it.
package protocol UploadMachine: Sendable {
    /// The API of its requests.
    associatedtype API: APIAdapter
    /// One request to be sent.
    associatedtype Step: Sendable

    /// How it ended; nil while it is in progress.
    var ending: UploadEnding? { get }
    /// The number of requests in flight.
    var inFlight: Int { get }
    /// How many bytes of the file the service has.
    ///
    /// **Unit**: bytes.
    var bytesArrived: Int64 { get }
    /// The number of slices sent in this upload.
    var slicesSent: Int { get }
    /// The number of slices the service already had.
    var slicesFound: Int { get }
    /// The service's id of the unfinished upload, if it stays valid afterwards.
    var uploadID: String? { get }
    /// The service's id of an upload that is not completed and stays there; nil if none does.
    var unfinishedUpload: String? { get }

    /// The next request to send, which then counts as in flight; nil if there is none now.
    mutating func nextStep() -> Step?
    /// Accepts the reply to a step from ``nextStep()``, with the digests of the content sent.
    mutating func accept(_ reply: API.Reply, to step: Step, content: ContentDigests?)
    /// Accepts the digests of a step's content where they make the request unnecessary: see
    /// ``RequestDraft/isAnswered``.
    mutating func accept(_ content: ContentDigests, to step: Step)
    /// Accepts that a step got no reply after all retries; returns false if the upload cannot continue
    /// without one.
    mutating func acceptNoAnswer(to step: Step) -> Bool
    /// The warnings since the last call.
    mutating func takeWarnings(about job: UploadJob) -> [UploadWarning]
    /// The request for a step.
    func draft(of step: Step, for job: UploadJob, with configuration: UploadConfiguration) -> RequestDraft<
        API
    >
}

/// A request without its body.
package struct RequestDraft<API: APIAdapter>: Sendable {
    /// What a request carries.
    package enum Body: Sendable {
        case none
        /// A form without file content.
        case form(@Sendable () -> [UInt8])
        /// A range of the file, with the bytes before and after it.
        case content(ByteRange, opening: [UInt8], closing: [UInt8])
    }

    /// The operation.
    package let operation: API.Operation
    /// The target of the object.
    package let target: API.Target
    /// The phase of the upload it belongs to.
    package let phase: UploadProgress.Phase
    /// Request line and headers.
    package let head: HTTPHead
    /// The body.
    package let body: Body
    /// The maximum length of the reply.
    ///
    /// **Unit**: bytes.
    package let replyLimit: Int
    /// The maximum time from the request's last byte to the reply's last byte; nil for the configured one.
    ///
    /// **Unit**: seconds.
    package let replySeconds: Int?
    /// The digests to compute of the content.
    package var digests: Set<ContentDigests.Kind> = []
    /// Whether the service already has this content, so that no request is needed; nil if it must always be
    /// sent.
    package var isAnswered: (@Sendable (ContentDigests) -> Bool)?

    /// The range of the file that the request carries.
    var content: ByteRange? {
        if case .content(let range, _, _) = body { range } else { nil }
    }
}

/// How a file's upload ended, in any API.
package enum UploadEnding: Sendable {
    /// The object is at its key.
    case good(Receipt.Result, ObjectURLs, UploadProof?)
    /// The object is not at its key, or another one is.
    case refused(UploadFailure)
}
