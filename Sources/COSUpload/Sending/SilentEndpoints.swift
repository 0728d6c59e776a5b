import PlanCore
import Synchronization

/// The endpoints of a run that could not be reached and never answered; further requests to them fail at once.
///
/// A class, because all requests of a run share it.
package final class SilentEndpoints: Sendable {
    private struct State {
        var answered: Set<Endpoint> = []
        var failures: [Endpoint: TransportError] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// The error of the last try, if the endpoint is known to be unreachable.
    func failure(of endpoint: Endpoint) -> TransportError? { state.withLock { $0.failures[endpoint] } }

    /// Says of `error` that the endpoint never replied, where it is plain http and the connection was lost.
    func explained(_ error: TransportError, of endpoint: Endpoint) -> TransportError {
        guard error == .connectionLost || error == .noReply, !endpoint.isEncrypted else { return error }
        return state.withLock { $0.answered.contains(endpoint) } ? error : .closedUnanswered
    }

    /// Records an answer.
    ///
    /// From now on every request to the endpoint is retried as usual.
    func noteAnswer(of endpoint: Endpoint) {
        state.withLock { state in
            if state.answered.insert(endpoint).inserted { state.failures[endpoint] = nil }
        }
    }

    /// Records that the last try failed with `error`, if that means that the endpoint is unreachable.
    func note(_ error: TransportError, of endpoint: Endpoint) {
        switch error {
        case .connectionRefused(answered: false), .hostNotFound(answered: false):
            state.withLock { if !$0.answered.contains(endpoint) { $0.failures[endpoint] = error } }
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .closedUnanswered,
            .timedOut, .replyOverdue, .noReply, .cutReply, .garbledReply, .redirected, .clockTooFar,
            .replyTooLong, .certificateRefused,
            .tlsFailed,
            .authoritiesUnusable, .proxyRefused, .cancelled, .other:
            break
        }
    }
}
