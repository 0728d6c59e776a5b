import CCurlHook

/// Measures how long a request has made no progress, and decides when to give it up.
///
/// Until the peer acknowledges the body's last byte, the request fails after `idle` without progress. Progress is
/// what the peer acknowledged, not what the system accepted, because the system's buffers hold megabytes. From
/// that byte on the whole reply must arrive within `reply`, however many bytes arrive meanwhile.
struct TransferClock: Sendable {
    /// What a request is waiting for.
    enum Phase: Hashable, Sendable {
        /// A connection.
        case connecting
        /// The body to reach the peer.
        case sending
        /// The reply.
        case awaitingReply
    }

    /// The observed progress of a request.
    struct Observation: Hashable, Sendable {
        /// Bytes of the body that libcurl has taken.
        ///
        /// **Unit**: bytes.
        var handedOver: Int64 = 0
        /// Bytes of the reply's body that arrived.
        ///
        /// **Unit**: bytes.
        var replyBytes = 0
        /// The state of the connection; nil if it is unknown because the guard is not active.
        var connection: Socket?

        struct Socket: Hashable, Sendable {
            var isMade = false
            /// **Unit**: bytes.
            var acknowledged: UInt64 = 0
            /// **Unit**: bytes.
            var received: UInt64 = 0
            /// Bytes sent, or queued for sending, that are not acknowledged yet.
            ///
            /// **Unit**: bytes.
            var queued: UInt32 = 0
        }
    }

    /// The maximum time without progress before the body's last byte is acknowledged.
    let idle: Duration
    /// The maximum time for the reply from that point on.
    let reply: Duration
    /// **Unit**: bytes.
    let bodyCount: Int64
    private(set) var seen = Observation()
    private var lastMove: ContinuousClock.Instant
    private var lastSent: ContinuousClock.Instant

    init(bodyCount: Int64, idle: Duration, reply: Duration, now: ContinuousClock.Instant) {
        self.bodyCount = bodyCount
        self.idle = idle
        self.reply = reply
        (lastMove, lastSent) = (now, now)
    }

    /// Records an observation.
    mutating func observe(_ now: Observation, at time: ContinuousClock.Instant) {
        guard now != seen else { return }
        lastMove = time
        if Self.sent(now) != Self.sent(seen) { lastSent = time }
        seen = now
    }

    /// The observation without received bytes.
    private static func sent(_ observation: Observation) -> Observation {
        var sent = observation
        sent.replyBytes = 0
        sent.connection?.received = 0
        return sent
    }

    /// What it is waiting for.
    var phase: Phase {
        if let connection = seen.connection {
            if !connection.isMade { return .connecting }
            if connection.queued > 0 { return .sending }
        }
        return seen.handedOver < bodyCount ? .sending : .awaitingReply
    }

    /// How long it has been waiting.
    func waited(at now: ContinuousClock.Instant) -> Duration {
        switch phase {
        case .connecting, .sending: now - lastMove
        case .awaitingReply: now - lastSent
        }
    }

    /// Why the request must be given up now; nil if it need not.
    func verdict(at now: ContinuousClock.Instant) -> TransportError? {
        let waited = waited(at: now)
        switch phase {
        case .connecting, .sending:
            return waited > idle ? .timedOut(seconds: Int(idle.components.seconds)) : nil
        case .awaitingReply:
            return waited > reply ? .replyOverdue(seconds: Int(reply.components.seconds)) : nil
        }
    }
}

extension TransferClock.Observation {
    init(_ progress: cosplan_curl_guard_progress) {
        self.init(
            handedOver: Int64(progress.taken), replyBytes: Int(progress.reply),
            connection: Socket(
                isMade: progress.is_connected, acknowledged: progress.acknowledged,
                received: progress.received, queued: progress.queued))
    }
}
