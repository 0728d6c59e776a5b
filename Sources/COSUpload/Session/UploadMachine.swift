import COSProtocol
import PlanCore
import XMLProtocol

/// The upload of one file as a pure state machine of one API: what ``FileUpload`` drives.
package protocol UploadMachine: Sendable {
    /// The API that its requests are of.
    associatedtype API: ServiceAPI
    /// One request that it wants made.
    associatedtype Step: Sendable

    /// How it ended; nil while it goes on.
    var ending: UploadEnding? { get }
    /// Requests under way.
    var inFlight: Int { get }
    /// How much of the file the service has. **Unit**: bytes.
    var bytesArrived: Int64 { get }
    /// How many slices the service took in this upload.
    var slicesSent: Int { get }
    /// How many slices had arrived before it.
    var slicesFound: Int { get }
    /// The service's name for the unfinished upload, where the API has one that counts later.
    var uploadID: String? { get }

    /// A request to make now, counted as under way from here on; nil if there is none.
    mutating func nextStep() -> Step?
    /// Takes the answer to a step that ``nextStep()`` gave, and what was computed of the content sent.
    mutating func accept(_ reply: API.Reply, to step: Step, content: ContentDigests?)
    /// Takes what was computed of a step's content where that answers it: see ``RequestDraft/isAnswered``.
    mutating func accept(_ content: ContentDigests, to step: Step)
    /// Takes that no answer came, however often a step was tried; false where the upload cannot go on without one.
    mutating func acceptNoAnswer(to step: Step) -> Bool
    /// What a person should hear of since the last call.
    mutating func takeWarnings(about job: UploadJob) -> [UploadWarning]
    /// The request for a step.
    func draft(of step: Step, for job: UploadJob, with configuration: UploadConfiguration) -> RequestDraft<
        API
    >
}

/// What a request is, before its body is made.
package struct RequestDraft<API: ServiceAPI>: Sendable {
    /// What a request carries.
    package enum Body: Sendable {
        case none
        /// A form without bytes of the file.
        case form(@Sendable () -> [UInt8])
        /// Bytes of the file, between what stands before and after them.
        case content(ByteRange, opening: [UInt8], closing: [UInt8])
    }

    /// What is asked.
    package let operation: API.Operation
    /// Where the object is.
    package let target: API.Target
    /// What it means for the file.
    package let phase: UploadProgress.Phase
    /// Line and headers.
    package let head: HTTPHead
    /// What goes with it.
    package let body: Body
    /// The longest reply that is read. **Unit**: bytes.
    package let replyLimit: Int
    /// How long the reply may take from the request's last byte to its own; nil for what the configuration says.
    /// **Unit**: seconds.
    package let replySeconds: Int?
    /// What is computed of the content.
    package var digests: Set<ContentDigests.Kind> = []
    /// Whether the service has the content already, so that nothing is asked; nil where it must be asked.
    package var isAnswered: (@Sendable (ContentDigests) -> Bool)?

    /// The bytes of the file that the request carries.
    var content: ByteRange? {
        if case .content(let range, _, _) = body { range } else { nil }
    }
}

/// How the upload of a file ended, whatever the API.
package enum UploadEnding: Sendable {
    /// The object is at its key.
    case good(Receipt.Result, ObjectURLs, UploadProof?)
    /// It is not, or another one is.
    case refused(UploadFailure)
}
