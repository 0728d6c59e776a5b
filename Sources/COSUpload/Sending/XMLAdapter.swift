import PlanCore
import ServiceCore
import XMLProtocol

/// The XML API (v5) and S3 for ``RequestSender``: signs the request with its headers, reads replies in XML.
package struct XMLAdapter: APIAdapter {
    /// The whole request, which contains the bucket: all of it is signed.
    package typealias Target = XMLRequest

    package let credentials: SharedCredentials

    package init(credentials: SharedCredentials) { self.credentials = credentials }

    package func sign(
        _ request: ServiceRequest<XMLAdapter>, body: OutgoingBody?, at time: Int64
    ) -> SignedHeaders {
        let signed = request.target.signed(credentials.pair, content: body?.digests, now: time)
        return SignedHeaders(signed.headers.map { ($0.name, $0.value) }, hidden: signed.hidden)
    }

    package func reply(
        in response: HTTPResponse, to operation: XMLOperation, hiding hidden: Redactor
    ) -> XMLReply {
        XMLReply(
            to: operation, status: response.status, headers: response.headers, body: response.body,
            hiding: hidden)
    }

    package func verdict(on reply: XMLReply, to operation: XMLOperation) -> ReplyVerdict {
        let answer = "status \(reply.status)"
        // A missing object is a regular reply to HEAD.
        let error = reply.error.flatMap { $0.operation == .head && $0.saysNothingThere ? nil : $0 }
        // A reply to HEAD has no body; AWS's status for ExpiredToken is 400.
        let mayBeExpired =
            error?.operation == .head && error?.code == nil && error?.status == 400
            && credentials.pair.sessionToken != nil
        return ReplyVerdict(
            reaction: mayBeExpired ? .renewCredentials : error?.reaction ?? .proceed,
            isThrottling: error?.isThrottling ?? false,
            answer: error?.summary ?? answer, summary: error?.summary ?? answer, requestID: reply.requestID)
    }
}
