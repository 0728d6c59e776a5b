import PlanCore
import ServiceCore
import Testing

@testable import COSProtocol

@Suite("Tickets")
struct TicketTests {
    let key: ObjectKey
    let target: JSONTarget
    let ticket: Ticket

    init() throws {
        key = try ObjectKey("/dir/上传 a+b~(1).bin")
        target = try JSONTarget(region: Region("gz"), appID: AppID(1_251_668_577), bucket: Bucket("xy2"))
        ticket = Ticket(
            .published, target: target, key: key, now: 1_505_201_819, lifetime: 300, nonce: 123_456_789)
    }

    @Test("a ticket is the vendor's multi-use signature of exactly the path")
    func vector() throws {
        let bytes = try #require(Base64.decoded(ticket.text))
        let code = bytes.prefix(20).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(code == "09861710f8fd5e50fc6f4d274caf0b2c659dbdd1")
        #expect(ticket.expiry == 1_505_202_119)
    }

    @Test("it is read for its own object, and for no other")
    func read() throws {
        #expect(try Ticket(ticket.text, for: target, key: key).expiry == 1_505_202_119)
        for other in ["/dir/other", "/dir", "/dir/上传 a+b~(1).bin.old", "/dir/上传 a+b~(1).bi"] {
            #expect(throws: TicketTextError.otherObject) {
                try Ticket(ticket.text, for: target, key: try ObjectKey(other))
            }
        }
        let bucket = try JSONTarget(
            region: Region("gz"), appID: AppID(1_251_668_577), bucket: Bucket("other"))
        #expect(throws: TicketTextError.otherObject) { try Ticket(ticket.text, for: bucket, key: key) }
        let single = Signature.singleUse(
            .published, target: target, key: key, now: 1_505_201_819, nonce: 1)
        for text in ["", "AAAA", "no base64", single.text, String(ticket.text.dropLast(40))] {
            #expect(throws: TicketTextError.malformed) { try Ticket(text, for: target, key: key) }
        }
    }

    @Test("its fields may stand in any order, each once, and no others")
    func fields() throws {
        let file = "/1251668577/xy2/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin"
        func read(_ fields: String) -> Result<Int64, TicketTextError> {
            let plain = "a=1251668577&k=id&t=10&r=1&\(fields)"
            let text = Signature(plain: plain, credentials: .published).text
            return Result { () throws(TicketTextError) in
                try Ticket(text, for: target, key: key).expiry
            }
        }
        #expect(read("f=\(file)&b=xy2&e=20") == .success(20))
        for fields in [
            "f=\(file)&e=20", "f=\(file)&b=xy2&e=20&e=20", "f=\(file)&b=xy2&e=20&x=1",
            "f=\(file)&b=xy2&e=20&",
            "f=\(file)&b=xy2&e=x", "f=\(file)&b=xy2&e=99999999999999999999", "f=\(file)&b=xy2&e=-5",
        ] {
            #expect(read(fields) == .failure(.malformed), "\(fields)")
        }
        for whole in ["", "/1251668577/xy2/", "/1251668577/xy2/dir/"] {
            #expect(read("f=\(whole)&b=xy2&e=20") == .failure(.otherObject))
        }
        // The Kelvin sign equals K as a string, but not as bytes.
        let kelvin = try ObjectKey("/K")
        let text = Signature(
            plain: "a=1251668577&b=xy2&k=id&e=20&t=10&r=1&f=/1251668577/xy2/\u{212a}", credentials: .published
        ).text
        #expect(throws: TicketTextError.otherObject) { try Ticket(text, for: target, key: kelvin) }
    }

    @Test("of two tickets for one object the later one counts, until ten seconds before its end")
    func supply() throws {
        var tickets = Tickets()
        #expect(throws: TicketFailure.missing) { try tickets.ticket(for: target, key: key, now: 0) }
        let now: Int64 = 1_505_201_819
        for lifetime: Int64 in [300, 600, 400] {
            tickets.add(
                Ticket(.published, target: target, key: key, now: now, lifetime: lifetime, nonce: 1),
                for: target, key: key)
        }
        #expect(try tickets.ticket(for: target, key: key, now: now + 589).expiry == now + 600)
        #expect(throws: TicketFailure.expires(at: now + 600)) {
            try tickets.ticket(for: target, key: key, now: now + 590)
        }
        #expect(throws: TicketFailure.missing) {
            try tickets.ticket(for: target, key: try ObjectKey("/dir"), now: now)
        }
    }

    @Test("it is not shown by printing, dumping or reflecting it, nor in what a service answers")
    func hidden() throws {
        struct Holder { let ticket: Ticket }
        var shown = "\(ticket)" + String(reflecting: ticket)
        dump(Holder(ticket: ticket), to: &shown)
        #expect(!shown.contains(ticket.text.prefix(12)))
        let said = ticket.redactor.removed(
            from:
                "got \(ticket.text) of AKIDEXAMPLE0000000000000000000000000, cut \(ticket.text.dropFirst(60).prefix(30))"
        )
        #expect(said == "got (hidden) of (hidden), cut (hidden)")
    }
}
