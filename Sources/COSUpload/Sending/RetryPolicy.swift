/// How often and after which pauses a request is retried.
public struct RetryPolicy: Hashable, Sendable {
    /// The maximum number of retries.
    public var retries: Int
    /// The maximum of the first pause; it doubles with each further retry.
    ///
    /// **Unit**: seconds.
    public var firstPause: Double
    /// The maximum of any pause.
    ///
    /// **Unit**: seconds.
    public var maximumPause: Double

    /// By default at most eight retries; the maximum pause grows from half a second to half a minute.
    public init(retries: Int = 8, firstPause: Double = 0.5, maximumPause: Double = 30) {
        self.retries = retries
        self.firstPause = firstPause
        self.maximumPause = maximumPause
    }

    /// The maximum pause before retry `attempt` (1, 2, …).
    ///
    /// **Unit**: seconds.
    ///
    /// The actual pause is random between 0 and this (full jitter), so that many clients do not retry at the
    /// same moment.
    package func maximumPause(before attempt: Int) -> Double {
        var pause = firstPause
        for _ in 1..<max(1, attempt) where pause < maximumPause { pause *= 2 }
        return min(pause, maximumPause)
    }
}
