import COSProtocol
import PlanCore
import ServiceCore
import Synchronization
import Testing

@testable import COSUpload

/// Replies from a list; the last one is repeated.
final class ScriptedTransport: HTTPTransport {
    private let answers: Mutex<[Result<HTTPResponse, TransportError>]>
    private let sent = Mutex<[HTTPRequest]>([])

    init(_ answers: [Result<HTTPResponse, TransportError>]) {
        self.answers = Mutex(answers)
    }

    var requests: [HTTPRequest] { sent.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        sent.withLock { $0.append(request) }
        return try answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
    }
}

func answer(
    _ code: Int = 0, status: Int = 200, serverTime: Int64? = nil, retryAfter: String? = nil
) -> Result<HTTPResponse, TransportError> {
    var headers: [String: String] = [:]
    headers["date"] = serverTime.map(HTTPDate.text)
    headers["retry-after"] = retryAfter
    return .success(HTTPResponse(status: status, headers: headers, body: Array(#"{"code":\#(code)}"#.utf8)))
}

func request(
    _ operation: ServiceOperation = .list, bodyCount: Int = 0
) throws -> ServiceRequest<JSONAdapter> {
    let bytes = [UInt8](repeating: 0, count: bodyCount)
    let body = RequestBodySource(PreparedBody(RequestBody(bytes)), count: bodyCount) {
        () throws(UploadFailure) in RequestBody(bytes)
    }
    return ServiceRequest(
        operation: operation, target: try jsonTarget(), key: try ObjectKey("/a"),
        endpoint: try Endpoint("http://127.0.0.1:1"),
        head: HTTPHead(method: "GET", path: "/files/v2/1/xy2/a", query: "op=stat", headers: []),
        body: bodyCount == 0 ? nil : body, replyLimit: 1 << 20)
}

/// A request as passed to a transport: a GET, or a POST with a body of zeros.
func httpRequest(
    _ operation: ServiceOperation = .list, bodyCount: Int = 0, port: UInt16, host: String = "127.0.0.1",
    replySeconds: Int? = nil
) throws -> HTTPRequest {
    let hasBody = bodyCount > 0
    return HTTPRequest(
        subject: try request(operation).subject, endpoint: try Endpoint("http://\(host):\(port)"),
        head: HTTPHead(
            method: hasBody ? "POST" : "GET", path: "/files/v2/1/xy2/a", query: hasBody ? nil : "op=stat",
            headers: []),
        body: hasBody ? OutgoingBody(RequestBody([UInt8](repeating: 0, count: bodyCount))) : nil,
        replyLimit: 1 << 20, replySeconds: replySeconds)
}

extension HTTPResponse {
    /// The JSON API's error in it; nil for success.
    func error(of operation: ServiceOperation) -> ServiceError? {
        let reply = ServiceReply(status: status, body: body)
        if case .json(let envelope) = reply, envelope.isSuccess { return nil }
        return ServiceError(operation: operation, reply: reply)
    }
}

/// Records what a sender does besides sending.
///
/// A class, because callbacks share it.
final class Heard: Sendable {
    private let state = Mutex((pauses: [Duration](), warnings: [UploadWarning](), isStopped: false))

    var pauses: [Duration] { state.withLock { $0.pauses } }
    var warnings: [UploadWarning] { state.withLock { $0.warnings } }

    func stop() { state.withLock { $0.isStopped = true } }

    /// A sender over `transport` whose callbacks are recorded here.
    func sender(
        over transport: any HTTPTransport, policy: RetryPolicy = RetryPolicy(retries: 3), slices: Int = 8,
        rate: RateLimit? = nil, clock: WallClock = WallClock(machine: { 1_505_201_819 }),
        random: Double = 0.5,
        sleeps: @escaping @Sendable (Duration) -> Bool = { _ in true }
    ) -> RequestSender<JSONAdapter> {
        var environment = SenderEnvironment { pause in
            self.state.withLock { $0.pauses.append(pause) }
            return sleeps(pause)
        }
        environment.random = { random }
        environment.isStopped = { self.state.withLock { $0.isStopped } }
        environment.warn = { warning in self.state.withLock { $0.warnings.append(warning) } }
        return RequestSender(
            JSONAdapter(credentials: SharedCredentials(.published)), over: transport,
            limits: ConcurrencyLimits(smallFiles: 1, slices: slices), rate: rate, policy: policy,
            clock: clock,
            environment: environment)
    }
}

@Suite("Retries")
struct RetryTests {
    struct Outcome {
        var end: Result<Int, UploadFailure>
        var requests: Int
        var pauses: [Duration]
    }

    func run(
        _ answers: [Result<HTTPResponse, TransportError>], policy: RetryPolicy = RetryPolicy(retries: 3),
        random: Double = 0.5, sleeps: Bool = true
    ) async throws -> Outcome {
        let (transport, heard) = (ScriptedTransport(answers), Heard())
        let sender = heard.sender(over: transport, policy: policy, random: random, sleeps: { _ in sleeps })
        let request = try request()
        let end: Result<Int, UploadFailure>
        do throws(UploadFailure) {
            end = .success(try await sender.send(request).reply.status)
        } catch {
            end = .failure(error)
        }
        return Outcome(end: end, requests: transport.requests.count, pauses: heard.pauses)
    }

    @Test("a success or a refusal is given back at once", arguments: [0, -177, -133, -4019])
    func once(code: Int) async throws {
        let found = try await run([answer(code)])
        #expect(found.requests == 1 && found.pauses.isEmpty)
        #expect((try? found.end.get()) == 200)
    }

    @Test("pauses are drawn between 0 and a bound that doubles up to the longest")
    func pauses() async throws {
        let policy = RetryPolicy(retries: 6, firstPause: 1, maximumPause: 5)
        let found = try await run([.failure(.connectionLost)], policy: policy, random: 0.5)
        #expect(found.requests == 7)
        #expect(found.pauses == [0.5, 1, 2, 2.5, 2.5, 2.5].map { .seconds($0) })
        #expect(throws: UploadFailure.noAnswer(operation: "list", error: .closedUnanswered)) {
            try found.end.get()
        }
        let bounds = (1...9).map { RetryPolicy().maximumPause(before: $0) }
        #expect(bounds == [0.5, 1, 2, 4, 8, 16, 30, 30, 30])
    }

    @Test("Retry-After is obeyed, up to two minutes")
    func retryAfter() async throws {
        let found = try await run([
            answer(-181, status: 503, retryAfter: "7"), answer(-181, status: 429, retryAfter: "99999"),
            answer(-181, status: 503, serverTime: 1000, retryAfter: "Thu, 01 Jan 1970 00:16:50 GMT"),
            answer(),
        ])
        #expect(found.pauses == [.seconds(7.0), .seconds(120.0), .seconds(10.0)])
    }

    @Test(
        "Retry-After is a number of seconds of any length, or a date in any of HTTP's forms",
        arguments: [
            ("0", 0), ("7", 7), ("0007", 7), ("9223372036854775807", .max), ("9223372036854775808", .max),
            (String(repeating: "9", count: 400), .max), ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
            ("Sunday, 06-Nov-94 08:49:47 GMT", 10), ("Sun Nov  6 08:49:47 1994", 10),
            ("Sun, 06 Nov 1994 08:49:27 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 252_618_189_022),
            ("-1", nil), ("+1", nil), ("1.5", nil), ("", nil), ("soon", nil), ("٣", nil),
        ] as [(String, Int64?)])
    func retryAfterForms(text: String, seconds: Int64?) throws {
        let response = try answer(retryAfter: text).get()
        #expect(response.retryAfter(now: 784_111_777) == seconds)
        // The server's own clock counts if the reply has one.
        let dated = try answer(serverTime: 784_111_777, retryAfter: text).get()
        #expect(dated.retryAfter(now: 0) == seconds)
    }

    @Test("no retries means one request")
    func none() async throws {
        let found = try await run([.failure(.timedOut(seconds: 1))], policy: RetryPolicy(retries: 0))
        #expect(found.requests == 1)
    }

    @Test(
        "an endpoint that never answered is tried twice, a second apart at least",
        arguments: [TransportError.connectionRefused(answered: false), .hostNotFound(answered: false)])
    func neverAnswered(error: TransportError) async throws {
        let found = try await run([.failure(error)], random: 0)
        #expect(found.requests == 2 && found.pauses == [.seconds(1.0)])
        let failure = UploadFailure.noAnswer(operation: "list", error: error)
        #expect(throws: failure) { try found.end.get() }
        #expect(failure.verdict == .tryAgain)
    }

    @Test(
        "what comes after the tries at an endpoint that never answered fails at once, with the same reason",
        arguments: [TransportError.connectionRefused(answered: false), .hostNotFound(answered: false)])
    func silent(error: TransportError) async throws {
        let (transport, heard) = (ScriptedTransport([.failure(error)]), Heard())
        let sender = heard.sender(over: transport)
        let failure = UploadFailure.noAnswer(operation: "list", error: error)
        for _ in 0..<5 {
            await #expect(throws: failure) { try await sender.send(try request()) }
        }
        #expect(transport.requests.count == 2 && heard.pauses.count == 1)
    }

    @Test("an endpoint that answered meanwhile is tried again, whatever an earlier request ended with")
    func notSilent() async throws {
        let error = TransportError.connectionRefused(answered: false)
        let (transport, heard) = (ScriptedTransport([answer(), .failure(error)]), Heard())
        let sender = heard.sender(over: transport)
        _ = try await sender.send(try request())
        for _ in 0..<2 {
            await #expect(throws: UploadFailure.self) { try await sender.send(try request()) }
        }
        #expect(transport.requests.count == 5)
    }

    @Test(
        "one that has answered in this run gets every retry",
        arguments: [
            TransportError.connectionRefused(answered: true), .hostNotFound(answered: true),
            .tlsFailed(answered: true), .proxyRefused(status: 503),
        ])
    func answeredBefore(error: TransportError) async throws {
        #expect(try await run([.failure(error)]).requests == 4)
        #expect(UploadFailure.noAnswer(operation: "init", error: error).verdict == .tryAgain)
    }

    @Test(
        "what waiting does not mend is asked once, and is the configuration's fault",
        arguments: [
            TransportError.certificateRefused(host: "h", .selfSigned), .tlsFailed(answered: false),
            .proxyRefused(status: 403), .authoritiesUnusable(path: "x"),
        ])
    func configuration(error: TransportError) async throws {
        #expect(try await run([.failure(error)]).requests == 1)
        #expect(UploadFailure.noAnswer(operation: "init", error: error).verdict == .configuration)
    }

    @Test(
        "redirects and endless replies are not retried",
        arguments: [
            TransportError.redirected(status: 307, location: "http://x"), .replyTooLong(limit: 1),
        ])
    func notTransient(error: TransportError) async throws {
        let found = try await run([.failure(error)])
        #expect(found.requests == 1)
        #expect(throws: UploadFailure.noAnswer(operation: "list", error: error)) { try found.end.get() }
    }

    @Test("a request that was cancelled, or an upload that stops during a pause, is interrupted")
    func stopped() async throws {
        let cancelled = try await run([.failure(.cancelled)])
        #expect(cancelled.requests == 1)
        #expect(throws: UploadFailure.interrupted) { try cancelled.end.get() }
        let stopped = try await run([.failure(.connectionLost)], sleeps: false)
        #expect(stopped.requests == 1)
        #expect(throws: UploadFailure.interrupted) { try stopped.end.get() }
    }

    @Test("a body that can no longer be made ends the request with the reason")
    func bodyGone() async throws {
        let (transport, heard) = (ScriptedTransport([.failure(.connectionLost)]), Heard())
        let failure = UploadFailure.partTooLong(path: try LocalPath("a"), length: 2, limit: 1)
        let plain = try request()
        let body = RequestBodySource(PreparedBody(RequestBody([1])), count: 1) { () throws(UploadFailure) in
            throw failure
        }
        let request = ServiceRequest<JSONAdapter>(
            operation: .data, target: plain.target, key: plain.key, endpoint: plain.endpoint,
            head: plain.head,
            body: body, replyLimit: 1)
        await #expect(throws: failure) { try await heard.sender(over: transport).send(request) }
        #expect(transport.requests.count == 1)
    }
}

/// Counts concurrent requests.
///
/// A class, because they share it.
final class UnderWay: Sendable {
    private let counts = Mutex((now: 0, maximum: 0))
    var maximum: Int { counts.withLock { $0.maximum } }
    func enter(_ amount: Int = 1) {
        counts.withLock { $0 = ($0.now + amount, max($0.maximum, $0.now + amount)) }
    }
    func leave(_ amount: Int = 1) { counts.withLock { $0.now -= amount } }
}

@Suite("Bound on requests")
struct ConcurrencyLimitTests {
    @Test("throttling halves what may be under way, down to one; successes raise it again, one by one")
    func throttling() async throws {
        let heard = Heard()
        let transport = ScriptedTransport([
            answer(-1, status: 503), answer(-1, status: 429), answer(-1, status: 503),
            answer(-1, status: 503), answer(),
        ])
        let sender = heard.sender(over: transport, policy: RetryPolicy(retries: 0), slices: 8)
        let request = try request()
        for expected in [4, 2, 1, 1, 2, 2, 3, 3, 3, 4] {
            _ = try await sender.send(request)
            #expect(sender.limits[.slices].limit == expected)
        }
        for _ in 0..<100 { _ = try await sender.send(request) }
        #expect(sender.limits[.slices].limit == 8)
        #expect(sender.limits[.smallFiles].limit == 1)
        #expect(heard.warnings == [.throttled(limit: 4), .throttled(limit: 2), .throttled(limit: 1)])
    }

    @Test("what waits in line when the upload is stopped does not leave any more")
    func stopped() async throws {
        let (transport, heard) = (ScriptedTransport([answer()]), Heard())
        let sender = heard.sender(over: transport, slices: 1)
        let request = try request()
        _ = try await sender.send(request)
        heard.stop()
        await #expect(throws: UploadFailure.interrupted) { try await sender.send(request) }
        #expect(transport.requests.count == 1)
        // The next request proceeds: the slot was released.
        await #expect(throws: UploadFailure.interrupted) { try await sender.send(request) }
    }

    @Test("permits admit in order, as many as the limit, also after it changed")
    func permits() async {
        let permits = AsyncSemaphore(2)
        let counts = UnderWay()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await permits.take()
                    counts.enter()
                    await Task.yield()
                    counts.leave()
                    permits.giveBack()
                }
            }
        }
        #expect(counts.maximum == 2)
        permits.setLimit(0)
        #expect(permits.limit == 1)
        await permits.take()
        permits.giveBack()
    }
}

@Suite("Rate limit")
struct RateLimitTests {
    @Test("bodies leave so that the average holds; the first at once")
    func average() async throws {
        final class Clock: Sendable {
            let time = Mutex<Duration>(.zero)
        }
        let (clock, heard) = (Clock(), Heard())
        let sender = heard.sender(
            over: ScriptedTransport([answer()]),
            rate: RateLimit(bytesPerSecond: 1000, now: { clock.time.withLock { $0 } }),
            sleeps: { pause in
                clock.time.withLock { $0 += pause }
                return true
            })
        for _ in 0..<3 { _ = try await sender.send(try request(.data, bodyCount: 500)) }
        #expect(heard.pauses == [.seconds(0.5), .seconds(0.5)])
        clock.time.withLock { $0 += .seconds(60) }
        _ = try await sender.send(try request(.data, bodyCount: 500))
        _ = try await sender.send(try request(.data, bodyCount: 500))
        #expect(heard.pauses.count == 3)
    }
}

@Suite("Signing")
struct SigningTests {
    @Test("every attempt carries a signature of its own")
    func fresh() async throws {
        let transport = ScriptedTransport([answer()])
        let sender = Heard().sender(over: transport)
        for _ in 0..<20 { _ = try await sender.send(try request()) }
        let texts = transport.requests.compactMap { request in
            request.head.headers.first { $0.name == "Authorization" }?.value
        }
        #expect(texts.count == 20 && Set(texts).count == 20)
    }

    @Test(
        "the clock is corrected by a day at most, either way; a skew that passed is no news",
        arguments: [1, -1])
    func clock(sign: Int64) async throws {
        let now: Int64 = 1_505_201_819
        let heard = Heard()
        let transport = ScriptedTransport([
            answer(-96, serverTime: now + sign * 86_400), answer(), answer(-96, serverTime: now), answer(),
            answer(-96, serverTime: now + sign * 86_401), answer(),
        ])
        let sender = heard.sender(over: transport)
        for _ in 0..<2 { _ = try await sender.send(try request()) }
        #expect(heard.warnings == [.clockCorrected(secondsAhead: sign * 86_400)])
        let error = TransportError.clockTooFar(service: now + sign * 86_401, machine: now)
        let failure = UploadFailure.noAnswer(operation: "list", error: error)
        await #expect(throws: failure) { try await sender.send(try request()) }
        #expect(transport.requests.count == 5)
        #expect(sender.clock.now == now)
        #expect(heard.pauses.isEmpty)
        #expect(!error.isTransient)
        #expect(failure.verdict == .credentials)
        let far = TransportError.clockTooFar(service: 253_402_300_799, machine: now)
        #expect(
            far.description
                == "the service says the signature expired, and its clock says 9999-12-31T23:59:59Z where this "
                + "machine's says 2017-09-12T07:36:59Z, more than a day apart; set this machine's clock, or "
                + "check the endpoint")
    }

    @Test("of two clocks of a service that disagree the second may correct the first; a third is refused")
    func twoClocks() async throws {
        let now: Int64 = 1_505_201_819
        let heard = Heard()
        let skewed = answer(-96, serverTime: now + 7200)
        let right = answer(-96, serverTime: now)
        let once = ScriptedTransport([skewed, right, answer()])
        let sender = heard.sender(over: once)
        #expect(try await sender.send(try request()).reply.status == 200)
        #expect(once.requests.count == 3)
        #expect(sender.clock.now == now)
        let always = ScriptedTransport([skewed, right, skewed, right])
        #expect(try await heard.sender(over: always).send(try request()).verdict.reaction == .signAgain)
        #expect(always.requests.count == 3)
    }

    @Test(
        "without the service's Date an expired signature is made once more, without a warning; then it counts"
    )
    func noDate() async throws {
        let heard = Heard()
        let once = ScriptedTransport([answer(-96, status: 400), answer()])
        #expect(try await heard.sender(over: once).send(try request()).reply.status == 200)
        #expect(once.requests.count == 2)
        let always = ScriptedTransport([answer(-96, status: 400)])
        #expect(try await heard.sender(over: always).send(try request()).verdict.reaction == .signAgain)
        #expect(always.requests.count == 2)
        #expect(heard.warnings.isEmpty)
    }
}
