import COSProtocol
import PlanCore
import ServiceCore

/// The JSON API (v4) for ``RequestSender``: signs the object's path, reads replies in an envelope with a
/// code.
package struct JSONAdapter: APIAdapter {
    package typealias Target = JSONTarget

    package let credentials: SharedCredentials
    /// Signatures made ahead; nil if requests are signed here.
    private let tickets: Tickets?

    package init(credentials: SharedCredentials, tickets: Tickets? = nil) {
        self.credentials = credentials
        self.tickets = tickets
    }

    package func sign(
        _ request: ServiceRequest<JSONAdapter>, body: OutgoingBody?, at time: Int64
    ) throws(UploadFailure) -> SignedHeaders {
        if let tickets {
            do throws(TicketFailure) {
                let ticket = try tickets.ticket(for: request.target, key: request.key, now: time)
                return SignedHeaders([("Authorization", ticket.text)], hidden: ticket.redactor)
            } catch {
                throw .ticket(error)
            }
        }
        let credentials = credentials.pair
        let signature = Signature.multiUse(
            credentials, target: request.target, key: request.key, now: time, nonce: .random(in: 0 ... .max))
        return SignedHeaders(
            [("Authorization", signature.text)], hidden: Redactor(signature, of: credentials))
    }

    package func reply(
        in response: HTTPResponse, to operation: ServiceOperation, hiding hidden: Redactor
    ) -> ServiceReply {
        ServiceReply(
            status: response.status, body: response.body,
            requestIDHeader: response.headers[WireName.requestIDHeader], hiding: hidden)
    }

    package func verdict(on reply: ServiceReply, to operation: ServiceOperation) -> ReplyVerdict {
        let error = reply.error(of: operation)
        let (code, requestID): (String, String?) =
            switch reply {
            case .json(let envelope): ("code \(envelope.code)", envelope.requestID)
            case .notJSON: ("no JSON", nil)
            }
        let answer = "status \(reply.status), \(code)"
        return ReplyVerdict(
            reaction: error?.reaction ?? .proceed, isThrottling: error?.isThrottling ?? false, answer: answer,
            summary: error?.summary ?? answer, requestID: requestID)
    }
}

extension ServiceReply {
    /// The error in the reply; nil for success.
    fileprivate func error(of operation: ServiceOperation) -> ServiceError? {
        if case .json(let envelope) = self, envelope.isSuccess { return nil }
        return ServiceError(operation: operation, reply: self)
    }
}
