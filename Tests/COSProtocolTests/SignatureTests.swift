import ServiceCore
import PlanCore
import Testing

@testable import COSProtocol

/// Vectors from the vendor's SDKs, run with this invented pair.
@Suite("Signature")
struct SignatureTests {
    let credentials = Credentials.published
    let now: Int64 = 1_505_201_819

    func target(bucket: String = "xy2") throws -> JSONTarget {
        try JSONTarget(region: Region("gz"), appID: AppID(1_251_668_577), bucket: Bucket(bucket))
    }

    func code(of signature: Signature) throws -> String {
        let bytes = try #require(Base64.decoded(signature.text))
        return bytes.prefix(20).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func plain(of signature: Signature) throws -> String {
        let bytes = try #require(Base64.decoded(signature.text))
        return String(decoding: bytes.dropFirst(20), as: UTF8.self)
    }

    @Test("a multi-use signature bound to a path with blanks, plus and Chinese is the vendor's")
    func multiUse() throws {
        let key = try ObjectKey("/dir/上传 a+b~(1).bin")
        let signature = Signature.multiUse(
            credentials, target: try target(), key: key, now: now, lifetime: 300, nonce: 123_456_789)
        #expect(try code(of: signature) == "09861710f8fd5e50fc6f4d274caf0b2c659dbdd1")
        #expect(
            try plain(of: signature)
                == "a=1251668577&k=AKIDEXAMPLE0000000000000000000000000&e=1505202119&t=1505201819&r=123456789"
                + "&f=/1251668577/xy2/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin&b=xy2")
    }

    @Test("a single-use signature is the vendor's")
    func singleUse() throws {
        let signature = Signature.singleUse(
            credentials, target: try target(), key: try ObjectKey("/dir/file.bin"), now: now,
            nonce: 123_456_789)
        #expect(try code(of: signature) == "5fc115d0ebf25154601d926e3d666ccc7331ce87")
    }

    @Test("a multi-use signature without a path is the vendor's, in both published orders of the fields")
    func withoutPath() throws {
        let fields = SignatureFields(
            appID: "1251668577", secretID: credentials.secretID, expiry: now + 300, time: now,
            nonce: "123456789", fileID: "", bucket: "xy2")
        let ours = Signature(fields: fields, credentials: credentials)
        #expect(try code(of: ours) == "d5f545fb7edb7356d6fda2f66930a4859f73a921")
        let other = Signature(
            plain: "a=1251668577&b=xy2&k=\(credentials.secretID)&e=1505202119&t=1505201819&r=123456789&f=",
            credentials: credentials)
        #expect(try code(of: other) == "c233580a68d703890add8ed2fbc422a6d1955129")
    }

    @Test("neither a pair nor a signature is shown by printing, debugging, dumping or reflecting it")
    func hidden() throws {
        let pair = try Credentials(secretID: "AKIDverysecret", secretKey: "keyverysecret")
        let signature = Signature.multiUse(
            pair, target: try target(), key: try ObjectKey("/k"), now: now, nonce: 1)
        struct Holder {
            let pair: Credentials
            let signature: Signature
        }
        var shown = "\(Redactor(signature, of: pair))"
        dump(Redactor(signature, of: pair), to: &shown)
        shown += "\(pair) \(signature)" + String(reflecting: pair) + String(reflecting: signature)
        dump(Holder(pair: pair, signature: signature), to: &shown)
        shown += String(describing: Holder(pair: pair, signature: signature))
        for child in Mirror(reflecting: pair).children { shown += "\(child)" }
        #expect(!shown.contains("verysecret"))
        #expect(!shown.contains(signature.text.prefix(12)))
    }

    @Test("a pair with an empty half, a line end, or a character that would forge a field is refused")
    func badPairs() {
        #expect(throws: CredentialsError.empty(half: .secretID)) {
            try Credentials(secretID: "", secretKey: "k")
        }
        #expect(throws: CredentialsError.empty(half: .secretKey)) {
            try Credentials(secretID: "i", secretKey: "")
        }
        #expect(throws: CredentialsError.refusedCharacter(half: .secretID)) {
            try Credentials(secretID: "i&b=victim", secretKey: "k")
        }
        #expect(throws: CredentialsError.refusedCharacter(half: .secretKey)) {
            try Credentials(secretID: "i", secretKey: "k\n")
        }
    }
}
