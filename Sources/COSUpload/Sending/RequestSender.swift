import COSProtocol
import ServiceCore
import XMLProtocol

/// Sends a request, and sends it again while that may help: after a lost reply, a throttled one, an error on the
/// service's side.
///
/// Every attempt goes the same way: the body is made and checked; the request waits for its turn, for the rate limit
/// and for a free place; it is signed; it leaves. The sender alone makes, hands over and releases a request's body.
/// What helps is in ``ReplyVerdict/reaction`` and ``TransportError``; where nothing does, the last answer is given back.
package struct RequestSender<API: ServiceAPI>: Sendable {
    /// The longest that a `Retry-After` is obeyed. **Unit**: seconds.
    static var maximumRetryAfter: Int64 { 120 }

    /// The shortest pause where few tries are made. **Unit**: seconds.
    static var pauseBeforeLastTry: Double { 1 }

    let api: API
    let transport: any HTTPTransport
    let limits: ConcurrencyLimits
    let rate: RateLimit?
    let policy: RetryPolicy
    let clock: WallClock
    let environment: SenderEnvironment

    package init(
        _ api: API, over transport: any HTTPTransport, limits: ConcurrencyLimits, rate: RateLimit? = nil,
        policy: RetryPolicy, clock: WallClock, environment: SenderEnvironment
    ) {
        self.api = api
        self.transport = transport
        self.limits = limits
        self.rate = rate
        self.policy = policy
        self.clock = clock
        self.environment = environment
    }

    /// An answer with what it means.
    package struct Answer: Sendable {
        package let reply: API.Reply
        package let verdict: ReplyVerdict
        /// What was computed of the content that was sent.
        package let content: ContentDigests?
        fileprivate let response: HTTPResponse
    }

    /// Sends `request` until its answer counts.
    ///
    /// - Throws: ``UploadFailure/noAnswer(operation:error:)``, ``UploadFailure/interrupted``; what makes its body throws.
    package func send(_ request: ServiceRequest<API>) async throws(UploadFailure) -> Answer {
        defer {
            request.turn?.pass()
            request.body?.release()
        }
        var retries = 0
        while true {
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
                case .body(let failure): throw failure
                case .transport(.cancelled): throw .interrupted
                // Where the service was given a time of its own, asking again would only make it begin again.
                case .transport(.replyOverdue(let seconds)) where request.replySeconds != nil:
                    throw .noAnswer(operation: "\(request.operation)", error: .replyOverdue(seconds: seconds))
                case .transport(let error):
                    guard retries < min(policy.retries, error.retryLimit ?? .max) else {
                        throw .noAnswer(operation: "\(request.operation)", error: error)
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

    /// One attempt, from the line for its turn to the answer. Where the service calls the signature or the pair expired,
    /// the request is signed once more, by the service's clock or with the pair read again, without leaving its place;
    /// a third time only where the second reply moves the clock again.
    private func attempt(_ request: ServiceRequest<API>) async throws(AttemptFailure) -> Answer {
        let body = try await self.body(of: request)
        await request.turn?.comes()
        if let pause = rate?.pause(before: body?.count ?? 0), pause > .zero {
            guard await environment.sleep(pause) else { throw .transport(.cancelled) }
        }
        let limit = limits[request.lane]
        await limit.enter()
        defer { limit.leave() }
        request.turn?.pass()
        // What still waits in line when the upload is stopped does not leave.
        guard !environment.isStopped() else { throw .transport(.cancelled) }
        let generation = api.credentials.generation
        let answer = try await exchange(request, body)
        guard try await isWorthSigningAgain(after: answer, generation: generation) else { return answer }
        let secondsAhead = clock.secondsAhead
        let second = try await exchange(request, try await self.body(of: request))
        // Where the clocks of a service disagree, a reply of one of them may have moved this one's clock the wrong way.
        guard second.verdict.reaction == .signAgain,
            try await isWorthSigningAgain(after: second, generation: generation),
            abs(clock.secondsAhead - secondsAhead) > 1
        else { return second }
        return try await exchange(request, try await self.body(of: request))
    }

    /// Corrects the clock, or reads the pair again, where the answer asks for that; false where it asks for neither, or
    /// the pair has not changed.
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
        case .proceed, .retry, .resume, .compare, .beginAgain, .refuse, .refuseCredentials,
            .refuseConfiguration:
            return false
        }
    }

    private func body(of request: ServiceRequest<API>) async throws(AttemptFailure) -> OutgoingBody? {
        do throws(UploadFailure) { return try await request.body?.next() } catch { throw .body(error) }
    }

    /// Signs the request, sends it, and reads the answer.
    private func exchange(
        _ request: ServiceRequest<API>, _ body: OutgoingBody?
    ) async throws(AttemptFailure) -> Answer {
        let content = body?.digests
        let signed = api.sign(request, body: body, at: clock.now)
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
        let reply = api.reply(in: response, to: request.operation, hiding: signed.hidden)
        let verdict = api.verdict(on: reply, to: request.operation)
        environment.tell?(.answered(request.subject, verdict.answer))
        if let lowered = limits[request.lane].note(isThrottling: verdict.isThrottling) {
            environment.warn(.throttled(limit: lowered))
        }
        return Answer(reply: reply, verdict: verdict, content: content, response: response)
    }

    /// Goes by the service's clock, which calls the signature expired.
    private func correctClock(by response: HTTPResponse) throws(TransportError) {
        guard let serverTime = response.serverTime else { return }
        let change = try clock.correct(serverTime: serverTime)
        // A second is what a request takes; a clock that is right again is no news.
        let ahead = clock.secondsAhead
        if abs(change) > 1, abs(ahead) > 1 { environment.warn(.clockCorrected(secondsAhead: ahead)) }
    }
}

/// How the sender waits and what it draws from; replaced in tests.
package struct SenderEnvironment: Sendable {
    /// Draws from 0..<1.
    package var random: @Sendable () -> Double = { .random(in: 0..<1) }
    /// Sleeps; gives false where the upload stops meanwhile.
    package var sleep: @Sendable (Duration) async -> Bool
    /// Whether nothing new may leave.
    package var isStopped: @Sendable () -> Bool = { false }
    /// Told of every answer and every retry; nil for nobody.
    package var tell: (@Sendable (UploadEvent) -> Void)?
    /// Told what a person should hear of.
    package var warn: @Sendable (UploadWarning) -> Void = { _ in }
    /// Told of every retry when it begins.
    package var retried: @Sendable () -> Void = {}

    package init(sleep: @escaping @Sendable (Duration) async -> Bool) { self.sleep = sleep }
}

extension TransportError {
    /// The same without what no message may repeat.
    fileprivate func hiding(_ hidden: Redactor) -> TransportError {
        guard case .redirected(let status, let location) = self else { return self }
        return .redirected(status: status, location: hidden.removed(from: location))
    }
}

/// Why an attempt has no answer. Beside the sender and not in it: the optimizer of Swift 6.3 fails on functions that
/// throw a type nested in a generic one.
private enum AttemptFailure: Error {
    /// The body could not be made, or its bytes are no longer the planned ones.
    case body(UploadFailure)
    case transport(TransportError)
}
