/// How often and after which pauses a request is made again.
public struct RetryPolicy: Hashable, Sendable {
    /// How often a request is made again at most.
    public var retries: Int
    /// The longest first pause. **Unit**: seconds; each further one is twice as long at most.
    public var firstPause: Double
    /// The longest pause of all. **Unit**: seconds.
    public var maximumPause: Double

    /// Eight retries, pauses from half a second to half a minute.
    public init(retries: Int = 8, firstPause: Double = 0.5, maximumPause: Double = 30) {
        self.retries = retries
        self.firstPause = firstPause
        self.maximumPause = maximumPause
    }

    /// How long the pause before retry `attempt` (1, 2, …) may be. **Unit**: seconds.
    ///
    /// The pause itself is drawn evenly between 0 and this, so that many clients do not come back together.
    public func maximumPause(before attempt: Int) -> Double {
        var pause = firstPause
        for _ in 1..<max(1, attempt) where pause < maximumPause { pause *= 2 }
        return min(pause, maximumPause)
    }
}
