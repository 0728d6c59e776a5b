import PlanCore
import Synchronization

/// Endpoints that were tried in vain before they ever answered in this run: what else is for them fails at once.
///
/// A class, because all requests of a run share it.
package final class SilentEndpoints: Sendable {
    private struct State {
        var answered: Set<Endpoint> = []
        var failures: [Endpoint: TransportError] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// What the tries at `endpoint` ended with, if it is known to be silent.
    func failure(of endpoint: Endpoint) -> TransportError? { state.withLock { $0.failures[endpoint] } }

    /// Notes an answer: from now on every request is worth its retries.
    func noteAnswer(of endpoint: Endpoint) {
        state.withLock { state in
            if state.answered.insert(endpoint).inserted { state.failures[endpoint] = nil }
        }
    }

    /// Notes that the last try at `endpoint` failed with `error`, if that says that it is silent.
    func note(_ error: TransportError, of endpoint: Endpoint) {
        switch error {
        case .connectionRefused(answered: false), .hostNotFound(answered: false):
            state.withLock { if !$0.answered.contains(endpoint) { $0.failures[endpoint] = error } }
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .timedOut, .replyOverdue,
            .noReply,
            .cutReply, .garbledReply, .redirected, .clockTooFar, .replyTooLong, .certificateRefused,
            .tlsFailed,
            .authoritiesUnusable, .proxyRefused, .cancelled, .other:
            break
        }
    }
}
