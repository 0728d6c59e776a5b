import COSProtocol
import PlanCore
import ServiceCore

/// One API of a store: its operations, how requests are signed, what replies mean.
///
/// ``RequestSender`` and ``FileUpload`` are generic over it.
package protocol APIAdapter: Sendable {
    /// An operation; its description is a short word for messages.
    associatedtype Operation: Hashable, Sendable, CustomStringConvertible
    /// Addresses objects of this API.
    associatedtype Target: Sendable
    /// A parsed reply.
    associatedtype Reply: Sendable

    /// The credentials to sign with.
    var credentials: SharedCredentials { get }

    /// Signs a request that is sent at `time`, in Unix seconds.
    ///
    /// `body` is sent with it.
    ///
    /// - Throws: ``UploadFailure/ticket(_:)``.
    func sign(
        _ request: ServiceRequest<Self>, body: OutgoingBody?, at time: Int64
    ) throws(UploadFailure) -> SignedHeaders

    /// Parses a reply, whatever it contains; text that is `hidden` is removed.
    func reply(in response: HTTPResponse, to operation: Operation, hiding hidden: Redactor) -> Reply

    /// What a reply means for the request.
    func verdict(on reply: Reply, to operation: Operation) -> ReplyVerdict
}

/// The headers that sign a request.
package struct SignedHeaders: Sendable {
    /// To be sent in addition to the request's own headers.
    package let headers: [(name: String, value: String)]
    /// The secrets in them, which no message may contain.
    package let hidden: Redactor

    package init(_ headers: [(name: String, value: String)], hidden: Redactor) {
        self.headers = headers
        self.hidden = hidden
    }
}

/// What a reply means for its request.
package struct ReplyVerdict: Sendable {
    /// What to do about it; ``ServiceCore/Reaction/proceed`` for success.
    package let reaction: Reaction
    /// Whether the service asks for fewer requests.
    package let isThrottling: Bool
    /// The status and the API's code: `status 200, code 0`.
    package let answer: String
    /// The same with the code's meaning, as the reason of a retry; without the service's own text.
    package let summary: String
    /// The service's id of the request; untrusted text.
    package let requestID: String?
}

/// One unsigned request for one file's upload.
package struct ServiceRequest<API: APIAdapter>: Sendable {
    /// The operation.
    package let operation: API.Operation
    /// The target of the object.
    package let target: API.Target
    /// The key of the object.
    package let key: ObjectKey
    /// The endpoint it is sent to.
    package let endpoint: Endpoint
    /// Request line and headers, without the signature's.
    package let head: HTTPHead
    /// Nil for a request without a body.
    package let body: RequestBodySource?
    /// The bytes of the file that the body carries, if any.
    package let content: ByteRange?
    /// The concurrency limit that applies.
    package let bound: ConcurrencyLimits.Bound
    /// The maximum length of the reply.
    ///
    /// **Unit**: bytes.
    package let replyLimit: Int
    /// The maximum time from the request's last byte to the reply's last byte; nil for the configured one.
    ///
    /// **Unit**: seconds.
    package let replySeconds: Int?
    /// Its place in the order of the file's requests; nil if the order does not matter.
    package let turn: Turn?

    package init(
        operation: API.Operation, target: API.Target, key: ObjectKey, endpoint: Endpoint, head: HTTPHead,
        body: RequestBodySource? = nil, content: ByteRange? = nil, bound: ConcurrencyLimits.Bound = .slices,
        replyLimit: Int, replySeconds: Int? = nil, turn: Turn? = nil
    ) {
        self.operation = operation
        self.target = target
        self.key = key
        self.endpoint = endpoint
        self.head = head
        self.body = body
        self.content = content
        self.bound = bound
        self.replyLimit = replyLimit
        self.replySeconds = replySeconds
        self.turn = turn
    }

    /// Identifies the request in events.
    var subject: UploadEvent.Request {
        UploadEvent.Request(operation: "\(operation)", key: key, offset: content?.offset)
    }
}

/// A request's place in the order of its file's requests.
///
/// Slices are sent in file order, whichever is read first.
package struct Turn: Sendable {
    private let previous: AsyncStream<Never>?
    private let passed: AsyncStream<Never>
    private let passing: AsyncStream<Never>.Continuation

    /// Creates the turn after `previous`; nil for the first.
    package init(after previous: Turn?) {
        self.previous = previous?.passed
        (passed, passing) = AsyncStream.makeStream()
    }

    /// Waits until the previous turn has passed.
    ///
    /// Call it once.
    func comes() async {
        guard let previous else { return }
        for await _ in previous {}
    }

    /// Lets the next turn proceed; later calls do nothing.
    func pass() { passing.finish() }
}
