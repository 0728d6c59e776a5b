import COSProtocol
import ServiceCore
import XMLProtocol

/// Sends a request and retries it after a lost reply, throttling or a server error.
///
/// Every attempt takes the same steps: produce and check the body, wait for its turn, the rate limit and a
/// free slot, sign, send. Only the sender produces, hands over and releases a request's body. Which errors
/// are retried is decided by ``ReplyVerdict/reaction`` and ``TransportError``, how often and after what pause by
/// ``RetryPolicy``; otherwise the last reply is returned.
package struct RequestSender<API: APIAdapter>: Sendable {
    /// The maximum `Retry-After` that is obeyed.
    ///
    /// **Unit**: seconds.
    static var maximumRetryAfter: Int64 { 120 }

    /// The clock difference above which a refused request is signed again: services allow 15 minutes.
    ///
    /// **Unit**: seconds.
    static var tolerableSkew: Int64 { 600 }

    /// The minimum pause before a retry when few retries are made.
    ///
    /// **Unit**: seconds.
    static var pauseBeforeLastTry: Double { 1 }

    let api: API
    let transport: any HTTPTransport
    let limits: ConcurrencyLimits
    let rate: RateLimit?
    let policy: RetryPolicy
    let clock: WallClock
    let environment: SenderEnvironment
    let silent: SilentEndpoints

    package init(
        _ api: API, over transport: any HTTPTransport, limits: ConcurrencyLimits, rate: RateLimit? = nil,
        policy: RetryPolicy, clock: WallClock, environment: SenderEnvironment,
        silent: SilentEndpoints = SilentEndpoints()
    ) {
        self.silent = silent
        self.api = api
        self.transport = transport
        self.limits = limits
        self.rate = rate
        self.policy = policy
        self.clock = clock
        self.environment = environment
    }

    /// The same sender without retries.
    func withoutRetries() -> RequestSender {
        var policy = policy
        policy.retries = 0
        return RequestSender(
            api, over: transport, limits: limits, rate: rate, policy: policy, clock: clock,
            environment: environment, silent: silent)
    }

    /// A reply and its meaning.
    package struct Answer: Sendable {
        package let reply: API.Reply
        package let verdict: ReplyVerdict
        /// The digests of the content that was sent.
        package let content: ContentDigests?
        fileprivate let response: HTTPResponse
    }

    /// Sends `request`, with retries, and returns the final reply.
    ///
    /// - Throws: ``UploadFailure/noAnswer(operation:error:)``, ``UploadFailure/interrupted``, and what
    ///   producing its body and signing it throw.
    package func send(_ request: ServiceRequest<API>) async throws(UploadFailure) -> Answer {
        defer {
            request.turn?.pass()
            request.body?.release()
        }
        var retries = 0
        while true {
            if let error = silent.failure(of: request.endpoint) {
                throw .noAnswer(operation: "\(request.operation)", error: error)
            }
            var minimumPause = 0.0
            let reason: String
            do throws(AttemptFailure) {
                let answer = try await attempt(request)
                guard answer.verdict.reaction == .retry, retries < policy.retries else { return answer }
                reason = answer.verdict.summary
                let asked = answer.response.retryAfter(now: clock.now) ?? 0
                minimumPause = Double(min(asked, Self.maximumRetryAfter))
            } catch {
                switch error {
                case .request(let failure): throw failure
                case .transport(.cancelled): throw .interrupted
                // A request with its own deadline (finish) is not retried: the service would start over.
                case .transport(.replyOverdue(let seconds)) where request.replySeconds != nil:
                    throw .noAnswer(operation: "\(request.operation)", error: .replyOverdue(seconds: seconds))
                case .transport(let error):
                    guard retries < min(policy.retries, error.retryLimit ?? .max) else {
                        silent.note(error, of: request.endpoint)
                        throw .noAnswer(
                            operation: "\(request.operation)",
                            error: silent.explained(error, of: request.endpoint))
                    }
                    if error.retryLimit != nil { minimumPause = Self.pauseBeforeLastTry }
                    reason = error.finding
                }
            }
            retries += 1
            let pause = max(minimumPause, environment.random() * policy.maximumPause(before: retries))
            environment.tell?(.retry(request.subject, number: retries, reason: reason, pause: pause))
            request.body?.release()
            guard await environment.sleep(.seconds(pause)) else { throw .interrupted }
            environment.retried()
        }
    }

    /// One attempt, from waiting for its turn to the reply.
    ///
    /// If the service calls the signature or the credentials expired, the request is signed and sent once
    /// more in the same slot, with the service's clock or reloaded credentials. It is sent a third time only
    /// if the second reply moved the clock again.
    private func attempt(_ request: ServiceRequest<API>) async throws(AttemptFailure) -> Answer {
        let body = try await self.body(of: request)
        await request.turn?.comes()
        if let pause = rate?.pause(before: body?.count ?? 0), pause > .zero {
            guard await environment.sleep(pause) else { throw .transport(.cancelled) }
        }
        let limit = limits[request.bound]
        await limit.enter()
        defer { limit.leave() }
        request.turn?.pass()
        // A request that was still waiting when the upload was stopped is not sent.
        guard !environment.isStopped() else { throw .transport(.cancelled) }
        let generation = api.credentials.generation
        let answer = try await exchange(request, body)
        guard try await isWorthSigningAgain(after: answer, generation: generation) else { return answer }
        let secondsAhead = clock.secondsAhead
        let second = try await exchange(request, try await self.body(of: request))
        // If clocks within the service disagree, a reply may have corrected this clock in the wrong
        // direction.
        guard second.verdict.reaction == .signAgain,
            try await isWorthSigningAgain(after: second, generation: generation),
            abs(clock.secondsAhead - secondsAhead) > 1
        else { return second }
        return try await exchange(request, try await self.body(of: request))
    }

    /// Corrects the clock or reloads the credentials if the reply requires it.
    ///
    /// Returns false if it requires neither, or the credentials have not changed.
    private func isWorthSigningAgain(
        after answer: Answer, generation: Int
    ) async throws(AttemptFailure) -> Bool {
        switch answer.verdict.reaction {
        case .signAgain:
            do throws(TransportError) { try correctClock(by: answer.response) } catch {
                throw .transport(error)
            }
            return true
        case .renewCredentials:
            return await api.credentials.renew(after: generation)
        case .refuseCredentials:
            // A reply without a body, as to HEAD, does not say that the clock is wrong.
            guard let serverTime = answer.response.serverTime else { return false }
            let skew = abs(serverTime - clock.now)
            guard skew > Self.tolerableSkew, skew <= WallClock.maximumCorrection else { return false }
            do throws(TransportError) { try correctClock(by: answer.response) } catch {
                throw .transport(error)
            }
            return true
        case .proceed, .retry, .resume, .compare, .beginAgain, .refuse, .refuseConfiguration:
            return false
        }
    }

    private func body(of request: ServiceRequest<API>) async throws(AttemptFailure) -> OutgoingBody? {
        do throws(UploadFailure) { return try await request.body?.next() } catch { throw .request(error) }
    }

    /// Signs the request, sends it and reads the reply.
    private func exchange(
        _ request: ServiceRequest<API>, _ body: OutgoingBody?
    ) async throws(AttemptFailure) -> Answer {
        let content = body?.digests
        let signed: SignedHeaders
        do throws(UploadFailure) {
            signed = try api.sign(request, body: body, at: clock.now)
        } catch {
            throw .request(error)
        }
        var head = request.head
        head.headers += signed.headers
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(
                HTTPRequest(
                    subject: request.subject, endpoint: request.endpoint, head: head, body: body,
                    replyLimit: request.replyLimit, replySeconds: request.replySeconds))
        } catch {
            let error = error.hiding(signed.hidden)
            environment.tell?(.unanswered(request.subject, error))
            throw .transport(error)
        }
        silent.noteAnswer(of: request.endpoint)
        let reply = api.reply(in: response, to: request.operation, hiding: signed.hidden)
        let verdict = api.verdict(on: reply, to: request.operation)
        environment.tell?(.answered(request.subject, verdict.answer))
        if let lowered = limits[request.bound].note(isThrottling: verdict.isThrottling) {
            environment.warn(.throttled(limit: lowered))
        }
        return Answer(reply: reply, verdict: verdict, content: content, response: response)
    }

    /// Corrects the clock by the service's `Date`, because the service called the signature expired.
    private func correctClock(by response: HTTPResponse) throws(TransportError) {
        guard let serverTime = response.serverTime else { return }
        let change = try clock.correct(serverTime: serverTime)
        // Tolerates one second, the duration of a request. Does not warn if the correction returns to zero.
        let ahead = clock.secondsAhead
        if abs(change) > 1, abs(ahead) > 1 { environment.warn(.clockCorrected(secondsAhead: ahead)) }
    }
}

/// Sleeping, randomness and callbacks of the sender; replaced in tests.
package struct SenderEnvironment: Sendable {
    /// A random number in 0..<1.
    package var random: @Sendable () -> Double = { .random(in: 0..<1) }
    /// Sleeps; returns false if the upload is stopped meanwhile.
    package var sleep: @Sendable (Duration) async -> Bool
    /// Whether no new request may be sent.
    package var isStopped: @Sendable () -> Bool = { false }
    /// Called for every reply and every retry; nil for none.
    package var tell: (@Sendable (UploadEvent) -> Void)?
    /// Called with warnings for the user.
    package var warn: @Sendable (UploadWarning) -> Void = { _ in }
    /// Called when a retry starts.
    package var retried: @Sendable () -> Void = {}

    package init(sleep: @escaping @Sendable (Duration) async -> Bool) { self.sleep = sleep }
}

extension TransportError {
    /// The same error without the secrets in `hidden`.
    fileprivate func hiding(_ hidden: Redactor) -> TransportError {
        guard case .redirected(let status, let location) = self else { return self }
        return .redirected(status: status, location: hidden.removed(from: location))
    }
}

/// Why an attempt has no reply.
///
/// Not nested in the sender: the optimizer of Swift 6.3 crashes on functions that throw a type nested in a
/// generic one.
private enum AttemptFailure: Error {
    /// The body could not be produced, its bytes differ from the plan, or the request cannot be signed.
    case request(UploadFailure)
    case transport(TransportError)
}
