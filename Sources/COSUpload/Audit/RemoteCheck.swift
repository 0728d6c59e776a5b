import COSProtocol
import PlanCore
import ServiceCore
import XMLProtocol

/// A query about one object through one API.
protocol ObjectQuestion: Sendable {
    /// The API.
    associatedtype API: APIAdapter

    /// The request.
    func request(userAgent: String) -> ServiceRequest<API>
    /// Interprets a reply.
    ///
    /// - Throws: ``UploadFailure`` if it does not answer the query.
    func sighting(in reply: API.Reply) throws(UploadFailure) -> ObjectSighting
}

/// What is at a key, according to a reply.
enum ObjectSighting: Hashable, Sendable {
    /// An object.
    case object(StoredObject)
    /// Nothing.
    case nothing
    /// Nothing; the bucket itself may be missing.
    case nothingUnexplained
}

/// Queries what is at a key through any API, with retries.
struct RemoteCheck<Question: ObjectQuestion>: Sendable {
    let question: Question
    let sender: RequestSender<Question.API>
    let userAgent: String

    /// Sends the query.
    ///
    /// - Throws: ``UploadFailure`` if no reply arrives or the store refuses.
    func sighting() async throws(UploadFailure) -> ObjectSighting {
        let answer = try await sender.send(question.request(userAgent: userAgent))
        return try question.sighting(in: answer.reply)
    }
}

/// The query of the JSON API: stat.
struct StatQuestion: ObjectQuestion {
    let key: ObjectKey
    let target: JSONTarget
    let endpoint: Endpoint

    func request(userAgent: String) -> ServiceRequest<JSONAdapter> {
        let head = RequestHead(target: target, key: key, stat: StatOperation())
        return ServiceRequest(
            operation: .stat, target: target, key: key, endpoint: endpoint,
            head: HTTPHead(
                method: head.method, path: head.path, query: head.query,
                headers: head.headers(userAgent: userAgent)),
            bound: .smallFiles, replyLimit: JSONUpload.usualReplyLimit)
    }

    func sighting(in reply: ServiceReply) throws(UploadFailure) -> ObjectSighting {
        if case .json(let envelope) = reply, envelope.isSuccess {
            return .object(StoredObject(StatOperation.Reply(envelope.data ?? .empty)))
        }
        let error = ServiceError(operation: .stat, reply: reply)
        guard error.saysNothingThere else { throw .refused(.service(error)) }
        return .nothing
    }
}

/// The query of the XML API and S3: HEAD with the checksum.
struct HeadQuestion: ObjectQuestion {
    let key: ObjectKey
    let address: BucketAddress

    func request(userAgent: String) -> ServiceRequest<XMLAdapter> {
        .asking(.head(address, key: key), about: key, userAgent: userAgent)
    }

    func sighting(in reply: XMLReply) throws(UploadFailure) -> ObjectSighting {
        switch reply.result {
        case .success(let success): return .object(StoredObject(success.fields))
        case .failure(let error):
            guard error.saysNothingThere else { throw .refusedByStore(.service(error)) }
            return error.code == nil ? .nothingUnexplained : .nothing
        }
    }
}

/// Asks whether a bucket exists.
///
/// A reply to HEAD has no body, so it cannot tell a missing bucket from a missing object.
struct BucketQuestion: ObjectQuestion {
    /// The object queried first, for messages.
    let key: ObjectKey
    let address: BucketAddress

    func request(userAgent: String) -> ServiceRequest<XMLAdapter> {
        .asking(.versioning(address), about: key, userAgent: userAgent)
    }

    /// Only NoSuchBucket counts: the store may not support the request, or not allow it.
    func sighting(in reply: XMLReply) throws(UploadFailure) -> ObjectSighting {
        if let error = reply.error, error.known == .noSuchBucket { throw .refusedByStore(.service(error)) }
        return .nothing
    }
}

extension ServiceRequest<XMLAdapter> {
    /// A request without a body.
    fileprivate static func asking(
        _ request: XMLRequest, about key: ObjectKey, userAgent: String
    ) -> ServiceRequest {
        ServiceRequest(
            operation: request.operation, target: request, key: key, endpoint: request.address.endpoint,
            head: HTTPHead(
                method: request.method, path: request.path, query: request.queryText,
                headers: [("User-Agent", userAgent)]),
            bound: .smallFiles, replyLimit: XMLFileUpload.usualReplyLimit)
    }
}
