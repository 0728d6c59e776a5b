import ServiceCore

/// The senders of all APIs, sharing a transport, the concurrency limits and the clock.
struct Senders: Sendable {
    let json: RequestSender<JSONAdapter>
    /// For the XML API and S3.
    let xml: RequestSender<XMLAdapter>
    /// Called with every event.
    let tell: @Sendable (UploadEvent) -> Void

    /// Creates the senders.
    ///
    /// - `progress`: records retries and their reasons.
    /// - `stop`: ends pauses and keeps new requests from being sent.
    /// - `random`: returns a number in 0..<1.
    init(
        _ configuration: UploadConfiguration, over transport: any HTTPTransport, progress: UploadProgress,
        stop: GracefulStop, clock: WallClock, random: @escaping @Sendable () -> Double,
        watch: (@Sendable (UploadEvent) -> Void)?, warn: @escaping @Sendable (UploadWarning) -> Void
    ) {
        var environment = SenderEnvironment(sleep: { await stop.sleep(for: $0) })
        environment.random = random
        environment.isStopped = { stop.isStopped }
        let tell: @Sendable (UploadEvent) -> Void = { event in
            progress.note(event)
            watch?(event)
        }
        self.tell = tell
        environment.tell = tell
        environment.warn = warn
        environment.retried = { progress.retried() }
        let begin = ContinuousClock.now
        let limits = ConcurrencyLimits(smallFiles: configuration.filesAtOnce, slices: configuration.slices)
        let rate = configuration.bytesPerSecond.map {
            RateLimit(bytesPerSecond: $0, now: { ContinuousClock.now - begin })
        }
        let credentials = SharedCredentials(
            configuration.credentials, again: configuration.renewedCredentials)
        let silent = SilentEndpoints()
        json = RequestSender(
            JSONAdapter(credentials: credentials, tickets: configuration.tickets), over: transport,
            limits: limits, rate: rate, policy: configuration.retry, clock: clock, environment: environment,
            silent: silent)
        xml = RequestSender(
            XMLAdapter(credentials: credentials), over: transport, limits: limits, rate: rate,
            policy: configuration.retry, clock: clock, environment: environment, silent: silent)
    }
}
