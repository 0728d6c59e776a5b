import COSProtocol
import PlanCore
import ServiceCore

/// One interface of a store: what it is asked, how a request is signed, what an answer means.
///
/// ``RequestSender`` and ``FileUpload`` work with any of them.
package protocol ServiceAPI: Sendable {
    /// What is asked; its description is a short word for messages.
    associatedtype Operation: Hashable, Sendable, CustomStringConvertible
    /// Where objects of this API are.
    associatedtype Target: Sendable
    /// An answer, read as far as it can be.
    associatedtype Reply: Sendable

    /// Who asks.
    var credentials: SharedCredentials { get }

    /// Signs a request as it leaves at `time`, in Unix seconds; `body` is what goes up with it.
    func sign(
        _ request: ServiceRequest<Self>, body: OutgoingBody?, at time: Int64
    ) -> SignedHeaders

    /// Reads an answer, whatever it holds, and keeps nothing that is `hidden`.
    func reply(in response: HTTPResponse, to operation: Operation, hiding hidden: Redactor) -> Reply

    /// What an answer means for the request.
    func verdict(on reply: Reply, to operation: Operation) -> ReplyVerdict
}

/// What signs a request.
package struct SignedHeaders: Sendable {
    /// To be sent beside the request's own.
    package let headers: [(name: String, value: String)]
    /// What no message may repeat of them.
    package let hidden: Redactor

    package init(_ headers: [(name: String, value: String)], hidden: Redactor) {
        self.headers = headers
        self.hidden = hidden
    }
}

/// What an answer means for the request that it answers.
package struct ReplyVerdict: Sendable {
    /// What is to be done about it; ``ServiceCore/Reaction/proceed`` for a success.
    package let reaction: Reaction
    /// Whether the service asks for fewer requests.
    package let isThrottling: Bool
    /// The status and the API's own code: `status 200, code 0`.
    package let answer: String
    /// The same with the code's meaning, as the reason of a retry; without the service's own words.
    package let summary: String
    /// The service's name for the request, foreign.
    package let requestID: String?
}

/// One request of one file's upload, not yet signed.
package struct ServiceRequest<API: ServiceAPI>: Sendable {
    /// What is asked.
    package let operation: API.Operation
    /// About which object.
    package let target: API.Target
    /// About which object.
    package let key: ObjectKey
    /// Where to.
    package let endpoint: Endpoint
    /// Line and headers, without those that sign it.
    package let head: HTTPHead
    /// Nil for a request without a body.
    package let body: RequestBodySource?
    /// The bytes of the file that the body carries, if any.
    package let content: ByteRange?
    /// Which bound on requests it falls under.
    package let lane: ConcurrencyLimits.Lane
    /// The longest reply that is read. **Unit**: bytes.
    package let replyLimit: Int
    /// How long the reply may take from the request's last byte to its own; nil for what the configuration says.
    /// **Unit**: seconds.
    package let replySeconds: Int?
    /// Its place among the file's requests; nil where the order does not matter.
    package let turn: Turn?

    package init(
        operation: API.Operation, target: API.Target, key: ObjectKey, endpoint: Endpoint, head: HTTPHead,
        body: RequestBodySource? = nil, content: ByteRange? = nil, lane: ConcurrencyLimits.Lane = .slices,
        replyLimit: Int, replySeconds: Int? = nil, turn: Turn? = nil
    ) {
        self.operation = operation
        self.target = target
        self.key = key
        self.endpoint = endpoint
        self.head = head
        self.body = body
        self.content = content
        self.lane = lane
        self.replyLimit = replyLimit
        self.replySeconds = replySeconds
        self.turn = turn
    }

    /// What is told of it.
    var subject: UploadEvent.Request {
        UploadEvent.Request(operation: "\(operation)", key: key, offset: content?.offset)
    }
}

/// A request's place among those of its file: slices line up in the order of the file, whichever is read first.
package struct Turn: Sendable {
    private let previous: AsyncStream<Never>?
    private let passed: AsyncStream<Never>
    private let passing: AsyncStream<Never>.Continuation

    /// The turn after `previous`, or the first.
    package init(after previous: Turn?) {
        self.previous = previous?.passed
        (passed, passing) = AsyncStream.makeStream()
    }

    /// Waits until the one before has passed its turn on; once, by one.
    func comes() async {
        guard let previous else { return }
        for await _ in previous {}
    }

    /// Lets the next one go; again does nothing.
    func pass() { passing.finish() }
}
