import CCurlHook

/// How long a request has been without progress, and when that is too long.
///
/// While the connection is made and the body sent, something must move: progress is what the other side acknowledged,
/// not what the system took, for the system's buffers hold megabytes. From the body's last byte on the reply has a
/// deadline, and nothing that arrives extends it.
struct TransferClock: Sendable {
    /// What a request waits for.
    enum Phase: Hashable, Sendable {
        /// A connection.
        case connecting
        /// The body's way to the other side.
        case sending
        /// The reply.
        case awaitingReply
    }

    /// What is seen of a request at one moment.
    struct Observation: Hashable, Sendable {
        /// Of the body, what libcurl took. **Unit**: bytes.
        var handedOver: Int64 = 0
        /// Of the reply's body, what arrived. **Unit**: bytes.
        var replyBytes = 0
        /// What the connection says; nil where nobody knows, because the guard is not active.
        var connection: Connection?

        struct Connection: Hashable, Sendable {
            var isMade = false
            /// **Unit**: bytes.
            var acknowledged: UInt64 = 0
            /// **Unit**: bytes.
            var received: UInt64 = 0
            /// Sent, or to be sent, and not acknowledged yet. **Unit**: bytes.
            var queued: UInt32 = 0
        }
    }

    /// How long nothing may move before the body's last byte is through.
    let idle: Duration
    /// How long the reply may take from there.
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

    /// Takes note of what is seen now.
    mutating func observe(_ now: Observation, at time: ContinuousClock.Instant) {
        guard now != seen else { return }
        lastMove = time
        if Self.sent(now) != Self.sent(seen) { lastSent = time }
        seen = now
    }

    /// The same observation without what arrived.
    private static func sent(_ observation: Observation) -> Observation {
        var sent = observation
        sent.replyBytes = 0
        sent.connection?.received = 0
        return sent
    }

    /// What it waits for.
    var phase: Phase {
        if let connection = seen.connection {
            if !connection.isMade { return .connecting }
            if connection.queued > 0 { return .sending }
        }
        return seen.handedOver < bodyCount ? .sending : .awaitingReply
    }

    /// How long it has been waiting for that.
    func waited(at now: ContinuousClock.Instant) -> Duration {
        switch phase {
        case .connecting, .sending: now - lastMove
        case .awaitingReply: now - lastSent
        }
    }

    /// Why it is given up now; nil while it is not.
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

extension TransferClock.Observation.Connection {
    init(_ progress: cosplan_curl_guard_progress) {
        self.init(
            isMade: progress.is_connected, acknowledged: progress.acknowledged, received: progress.received,
            queued: progress.queued)
    }
}
