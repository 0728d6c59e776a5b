import Testing

@testable import COSUpload

/// Uses invented times; nothing here depends on the machine's clock.
@Suite("Progress of a request")
struct TransferClockTests {
    private let begin = ContinuousClock.now

    private func clock(bodyCount: Int64 = 1000) -> TransferClock {
        TransferClock(bodyCount: bodyCount, idle: .seconds(60), reply: .seconds(300), now: begin)
    }

    private func seen(
        _ handedOver: Int64, made: Bool = true, acknowledged: UInt64 = 0, received: UInt64 = 0,
        queued: UInt32 = 0, replyBytes: Int = 0
    ) -> TransferClock.Observation {
        TransferClock.Observation(
            handedOver: handedOver, replyBytes: replyBytes,
            connection: .init(isMade: made, acknowledged: acknowledged, received: received, queued: queued))
    }

    private func at(_ seconds: Int) -> ContinuousClock.Instant { begin + .seconds(seconds) }

    @Test("no connection is given up after the idle time")
    func connecting() {
        var clock = clock()
        clock.observe(seen(0, made: false), at: at(0))
        #expect(clock.phase == .connecting)
        #expect(clock.verdict(at: at(60)) == nil)
        #expect(clock.verdict(at: at(61)) == .timedOut(seconds: 60))
    }

    @Test("a body that the system took whole is on its way as long as the other side acknowledges it")
    func slowLink() {
        var clock = clock()
        // Everything is in the system's buffer at once; 10 bytes per minute get through.
        for minute in 0..<100 {
            clock.observe(
                seen(1000, acknowledged: UInt64(minute * 10), queued: UInt32(1000 - minute * 10)),
                at: at(minute * 59))
            #expect(clock.phase == .sending)
            #expect(clock.verdict(at: at(minute * 59 + 59)) == nil)
        }
        // The peer is gone.
        #expect(clock.verdict(at: at(99 * 59 + 61)) == .timedOut(seconds: 60))
    }

    @Test("the reply's time begins with the last acknowledged byte, and what arrives does not extend it")
    func dripping() {
        var clock = clock()
        clock.observe(seen(1000, acknowledged: 500, queued: 500), at: at(10))
        clock.observe(seen(1000, acknowledged: 1000), at: at(50))
        #expect(clock.phase == .awaitingReply)
        for second in 51...350 {
            clock.observe(
                seen(1000, acknowledged: 1000, received: UInt64(second), replyBytes: second), at: at(second))
            #expect(clock.verdict(at: at(second)) == nil)
            #expect(clock.waited(at: at(second)) == .seconds(second - 50))
        }
        #expect(clock.verdict(at: at(351)) == .replyOverdue(seconds: 300))
    }

    @Test("a request without a body waits for its reply as soon as the connection is made")
    func noBody() {
        var clock = clock(bodyCount: 0)
        clock.observe(seen(0, made: false), at: at(0))
        clock.observe(seen(0, acknowledged: 200), at: at(30))
        #expect(clock.phase == .awaitingReply)
        #expect(clock.verdict(at: at(330)) == nil)
        #expect(clock.verdict(at: at(331)) == .replyOverdue(seconds: 300))
    }

    @Test("without the guard, what libcurl took counts as progress")
    func notGuarded() {
        var clock = clock()
        clock.observe(.init(handedOver: 10), at: at(59))
        #expect(clock.phase == .sending && clock.verdict(at: at(119)) == nil)
        #expect(clock.verdict(at: at(120)) == .timedOut(seconds: 60))
        clock.observe(.init(handedOver: 1000), at: at(119))
        #expect(clock.phase == .awaitingReply && clock.verdict(at: at(419)) == nil)
        #expect(clock.verdict(at: at(420)) == .replyOverdue(seconds: 300))
    }

    @Test("of the requests under way the one that waits longest is told of")
    func board() throws {
        let board = RequestBoard()
        #expect(board.longestWait(at: at(0)) == nil)
        let (early, late) = (
            clock(),
            TransferClock(
                bodyCount: 0, idle: .seconds(60), reply: .seconds(300), now: at(20))
        )
        board.put(try request(.finish).subject, clock: late, at: 1)
        board.put(try request(.data).subject, clock: early, at: 2)
        #expect(board.longestWait(at: at(25))?.request.operation == "data")
        #expect(board.longestWait(at: at(25))?.subject == .sending)
        #expect(board.longestWait(at: at(25))?.seconds == 25)
        var moved = early
        moved.observe(seen(500), at: at(24))
        board.update(2, clock: moved)
        #expect(board.longestWait(at: at(25))?.subject == .reply)
        board.remove(1)
        board.remove(2)
        #expect(board.longestWait(at: at(25)) == nil)
    }
}
