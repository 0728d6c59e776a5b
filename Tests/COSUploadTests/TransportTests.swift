import ServiceCore
import COSProtocol
import PlanCore
import Synchronization
import Testing

@testable import COSUpload

/// Answers from a list; the last one again and again.
final class ScriptedTransport: Transport {
    private let answers: Mutex<[Result<ServiceResponse, TransportError>]>
    private let sent = Mutex<[ServiceRequest]>([])

    init(_ answers: [Result<ServiceResponse, TransportError>]) {
        self.answers = Mutex(answers)
    }

    var requests: [ServiceRequest] { sent.withLock { $0 } }

    func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        sent.withLock { $0.append(request) }
        return try answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }.get()
    }
}

func answer(
    _ code: Int = 0, status: Int = 200, serverTime: Int64? = nil, retryAfter: Int64? = nil
) -> Result<ServiceResponse, TransportError> {
    let reply = ServiceReply(status: status, body: Array(#"{"code":\#(code)}"#.utf8))
    return .success(ServiceResponse(reply: reply, serverTime: serverTime, retryAfter: retryAfter))
}

func request(
    _ operation: ServiceOperation = .list, bodyCount: Int = 0, port: UInt16 = 1, host: String = "127.0.0.1"
) throws -> ServiceRequest {
    let (target, key) = (try testTarget(), try ObjectKey("/a"))
    return ServiceRequest(
        operation: operation, endpoint: try Endpoint("http://\(host):\(port)"), target: target, key: key,
        head: bodyCount == 0
            ? RequestHead(target: target, key: key, stat: StatOperation())
            : RequestHead(target: target, key: key, form: MultipartForm([], boundary: .random())),
        body: bodyCount == 0 ? nil : emptyBody(bodyCount))
}

private func emptyBody(_ count: Int) -> BodySupply {
    let make: @Sendable () throws(UploadFailure) -> RequestBody = { () throws(UploadFailure) in
        RequestBody([UInt8](repeating: 0, count: count))
    }
    return BodySupply(RequestBody([UInt8](repeating: 0, count: count)), again: make)
}

@Suite("Retries")
struct RetryingTransportTests {
    func run(
        _ answers: [Result<ServiceResponse, TransportError>], policy: RetryPolicy = RetryPolicy(retries: 3),
        random: Double = 0.5, sleeps: Bool = true
    ) async throws -> (end: Result<ServiceResponse, TransportError>, requests: Int, pauses: [Duration]) {
        let inner = ScriptedTransport(answers)
        let pauses = Mutex<[Duration]>([])
        let transport = RetryingTransport(
            inner, policy: policy, random: { random },
            sleep: { pause in
                pauses.withLock { $0.append(pause) }
                return sleeps
            }, retried: {})
        let request = try request()
        let end: Result<ServiceResponse, TransportError>
        do throws(TransportError) { end = .success(try await transport.send(request)) } catch {
            end = .failure(error)
        }
        return (end, inner.requests.count, pauses.withLock { $0 })
    }

    @Test("a success or a refusal is given back at once", arguments: [0, -177, -133, -4019, -96])
    func once(code: Int) async throws {
        let (end, requests, pauses) = try await run([answer(code)])
        #expect(requests == 1 && pauses.isEmpty)
        #expect((try? end.get()) != nil)
    }

    @Test("pauses are drawn between 0 and a bound that doubles up to the longest")
    func pauses() async throws {
        let policy = RetryPolicy(retries: 6, firstPause: 1, longestPause: 5)
        let (end, requests, pauses) = try await run([.failure(.connectionLost)], policy: policy, random: 0.5)
        #expect(requests == 7)
        #expect(pauses == [0.5, 1, 2, 2.5, 2.5, 2.5].map { .seconds($0) })
        #expect(throws: TransportError.connectionLost) { try end.get() }
        let bounds = (1...9).map { RetryPolicy().longestPause(before: $0) }
        #expect(bounds == [0.5, 1, 2, 4, 8, 16, 30, 30, 30])
    }

    @Test("Retry-After is obeyed, up to two minutes")
    func retryAfter() async throws {
        let (_, _, pauses) = try await run([
            answer(-181, status: 503, retryAfter: 7), answer(-181, status: 429, retryAfter: 99_999), answer(),
        ])
        #expect(pauses == [.seconds(7.0), .seconds(120.0)])
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
    func retryAfterForms(text: String, seconds: Int64?) {
        #expect(ServiceResponse.retryAfter(text, now: 784_111_777) == seconds)
    }

    @Test("a Retry-After beyond all numbers is a pause of two minutes")
    func longestRetryAfter() async throws {
        let (_, _, pauses) = try await run([answer(-181, status: 503, retryAfter: .max), answer()])
        #expect(pauses == [.seconds(120.0)])
    }

    @Test("no retries means one request")
    func none() async throws {
        let (_, requests, _) = try await run(
            [.failure(.timedOut(seconds: 1))], policy: RetryPolicy(retries: 0))
        #expect(requests == 1)
    }

    @Test(
        "an endpoint that never answered is tried twice, a second apart at least",
        arguments: [TransportError.connectionRefused(answered: false), .hostNotFound(answered: false)])
    func neverAnswered(error: TransportError) async throws {
        let (end, requests, pauses) = try await run([.failure(error)], random: 0)
        #expect(requests == 2 && pauses == [.seconds(1.0)])
        #expect(throws: error) { try end.get() }
        #expect(UploadFailure.noAnswer(operation: .initialize, error: error).verdict == .tryAgain)
    }

    @Test(
        "one that has answered in this run gets every retry",
        arguments: [
            TransportError.connectionRefused(answered: true), .hostNotFound(answered: true),
            .tlsFailed(answered: true), .proxyRefused(status: 503),
        ])
    func answeredBefore(error: TransportError) async throws {
        let (_, requests, _) = try await run([.failure(error)])
        #expect(requests == 4)
        #expect(UploadFailure.noAnswer(operation: .initialize, error: error).verdict == .tryAgain)
    }

    @Test(
        "what waiting does not mend is asked once, and is the configuration's fault",
        arguments: [
            TransportError.certificateRefused(host: "h", .selfSigned), .tlsFailed(answered: false),
            .proxyRefused(status: 403), .authoritiesUnusable(path: "x"),
        ])
    func configuration(error: TransportError) async throws {
        let (_, requests, _) = try await run([.failure(error)])
        #expect(requests == 1)
        #expect(UploadFailure.noAnswer(operation: .initialize, error: error).verdict == .configuration)
    }

    @Test(
        "redirects, endless replies and cancelling are not retried",
        arguments: [
            TransportError.redirected(status: 307, location: "http://x"), .replyTooLong(limit: 1), .cancelled,
        ])
    func notTransient(error: TransportError) async throws {
        let (end, requests, _) = try await run([.failure(error)])
        #expect(requests == 1)
        #expect(throws: error) { try end.get() }
    }

    @Test("an upload that stops during a pause makes no further request")
    func stopped() async throws {
        let (end, requests, _) = try await run([.failure(.connectionLost)], sleeps: false)
        #expect(requests == 1)
        #expect(throws: TransportError.cancelled) { try end.get() }
    }
}

/// How many were under way at once. A class: it is shared.
final class UnderWay: Sendable {
    private let counts = Mutex((now: 0, most: 0))
    var most: Int { counts.withLock { $0.most } }
    func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { counts.withLock { $0.now -= 1 } }
}

@Suite("Bound on requests")
struct GatedTransportTests {
    @Test("throttling halves what may be under way, down to one; successes raise it again, one by one")
    func throttling() async throws {
        let limits = Mutex<[UploadWarning]>([])
        let inner = ScriptedTransport([
            answer(-1, status: 503), answer(-1, status: 429), answer(-1, status: 503),
            answer(-1, status: 503), answer(),
        ])
        let gate = ConcurrencyLimitedTransport(inner, limit: 8) { warning in
            limits.withLock { $0.append(warning) }
        }
        let request = try request()
        for expected in [4, 2, 1, 1, 2, 2, 3, 3, 3, 4] {
            _ = try await gate.send(request)
            #expect(gate.limit == expected)
        }
        for _ in 0..<100 { _ = try await gate.send(request) }
        #expect(gate.limit == 8)
        #expect(
            limits.withLock { $0 } == [.throttled(limit: 4), .throttled(limit: 2), .throttled(limit: 1)])
    }

    @Test("what waits in line when the upload is stopped does not leave any more")
    func stopped() async throws {
        let inner = ScriptedTransport([answer()])
        let stopped = Mutex(false)
        let gate = ConcurrencyLimitedTransport(inner, limit: 1, isStopped: { stopped.withLock { $0 } }) { _ in
        }
        let request = try request()
        _ = try await gate.send(request)
        stopped.withLock { $0 = true }
        await #expect(throws: TransportError.cancelled) { try await gate.send(request) }
        #expect(inner.requests.count == 1)
        // The line goes on: a permit was given back.
        await #expect(throws: TransportError.cancelled) { try await gate.send(request) }
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
        #expect(counts.most == 2)
        permits.setLimit(0)
        #expect(permits.limit == 1)
        await permits.take()
        permits.giveBack()
    }
}

@Suite("Rate limit")
struct RateLimitedTransportTests {
    @Test("bodies leave so that the average holds; the first at once")
    func average() async throws {
        let clock = Mutex<Duration>(.zero)
        let pauses = Mutex<[Duration]>([])
        let transport = RateLimitedTransport(
            ScriptedTransport([answer()]), bytesPerSecond: 1000, now: { clock.withLock { $0 } },
            sleep: { pause in
                pauses.withLock { $0.append(pause) }
                clock.withLock { $0 += pause }
                return true
            })
        for _ in 0..<3 { _ = try await transport.send(try request(.data, bodyCount: 500)) }
        #expect(pauses.withLock { $0 } == [.seconds(0.5), .seconds(0.5)])
        clock.withLock { $0 += .seconds(60) }
        _ = try await transport.send(try request(.data, bodyCount: 500))
        _ = try await transport.send(try request(.data, bodyCount: 500))
        #expect(pauses.withLock { $0.count } == 3)
    }
}

@Suite("Signing")
struct SigningTransportTests {
    @Test("every request carries a signature of its own")
    func fresh() async throws {
        let inner = ScriptedTransport([answer()])
        let transport = SigningTransport(
            inner, credentials: .published, clock: WallClock(machine: { 1_505_201_819 }), warn: { _ in })
        for _ in 0..<20 { _ = try await transport.send(try request()) }
        let texts = inner.requests.compactMap { $0.authorization?.text }
        #expect(texts.count == 20 && Set(texts).count == 20)
    }

    @Test(
        "the clock is corrected by a day at most, either way; a skew that passed is no news",
        arguments: [1, -1])
    func clock(sign: Int64) async throws {
        let now: Int64 = 1_505_201_819
        let warnings = Mutex<[UploadWarning]>([])
        let inner = ScriptedTransport([
            answer(-96, serverTime: now + sign * 86_400), answer(), answer(-96, serverTime: now), answer(),
            answer(-96, serverTime: now + sign * 86_401), answer(),
        ])
        let transport = SigningTransport(
            inner, credentials: .published, clock: WallClock(machine: { now }),
            warn: { warning in warnings.withLock { $0.append(warning) } })
        for _ in 0..<2 { _ = try await transport.send(try request()) }
        #expect(warnings.withLock { $0 } == [.clockCorrected(secondsAhead: sign * 86_400)])
        let error = TransportError.clockTooFar(service: now + sign * 86_401, machine: now)
        await #expect(throws: error) { try await transport.send(try request()) }
        #expect(inner.requests.count == 5)
        #expect(transport.clock.now == now)
        #expect(!error.isTransient)
        #expect(UploadFailure.noAnswer(operation: .list, error: error).verdict == .credentials)
        let far = TransportError.clockTooFar(service: 253_402_300_799, machine: now)
        #expect(
            far.description
                == "the service says the signature expired, and its clock says 9999-12-31T23:59:59Z where this "
                + "machine's says 2017-09-12T07:36:59Z, more than a day apart; set this machine's clock, or "
                + "check the endpoint")
    }

    @Test("without the service's Date an expired signature is made once more, without a warning")
    func noDate() async throws {
        let warnings = Mutex(0)
        let inner = ScriptedTransport([answer(-96, status: 400), answer()])
        let transport = SigningTransport(
            inner, credentials: .published, clock: WallClock(machine: { 0 }),
            warn: { _ in warnings.withLock { $0 += 1 } })
        #expect(try await transport.send(try request()).reply.status == 200)
        #expect(inner.requests.count == 2)
        #expect(warnings.withLock { $0 } == 0)
    }
}
