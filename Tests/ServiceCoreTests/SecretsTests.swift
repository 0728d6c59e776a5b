import Testing

@testable import ServiceCore

@Suite("Credentials and what is hidden")
struct SecretsTests {
    static let token =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi="

    @Test("HMAC-SHA1 and HMAC-SHA256 are RFC 2202's and RFC 4231's")
    func codes() {
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let message = Array("what do ya want for nothing?".utf8)
        let key = Array("Jefe".utf8)
        #expect(hex(HMAC.sha1(of: message, key: key)) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
        #expect(
            hex(HMAC.sha256(of: message, key: key))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = [UInt8](repeating: 0xaa, count: 131)
        #expect(
            hex(
                HMAC.sha256(
                    of: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), key: long))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(HMAC.sha1(of: [], key: []).count == HMAC.sha1Length)
        #expect(HMAC.equal([1, 2], [1, 2]) && !HMAC.equal([1, 2], [1, 3]) && !HMAC.equal([1], [1, 2]))
    }

    @Test("a session token is taken out whole, cut, escaped and encoded, and no printing shows it")
    func token() throws {
        let pair = try Credentials(
            secretID: "ASIAEXAMPLE", secretKey: "keyverysecret", sessionToken: Self.token)
        let redactor = Redactor(credentials: pair, signatures: [])
        let pieces = Self.token.split(separator: "/", omittingEmptySubsequences: false)
        for form in [
            Self.token, String(Self.token.dropFirst(30).prefix(20)), pieces.joined(separator: #"\/"#),
            PathEncoding.encoded(Self.token.utf8),
            PathEncoding.encoded(Self.token.utf8).split(separator: "/", omittingEmptySubsequences: false)
                .joined(separator: "%2F"),
        ] {
            #expect(redactor.removed(from: "got \(form) instead") == "got (hidden) instead")
        }
        var shown = "\(pair)\(String(reflecting: pair))"
        dump(pair, to: &shown)
        dump(redactor, to: &shown)
        #expect(!shown.contains("wEXAMPLEtc764"))
    }

    @Test("what is signed is hidden as a whole, its parts are not; a signature is hidden in runs")
    func signedTexts() throws {
        let pair = try Credentials(secretID: "AKIDidentity", secretKey: "keyverysecret")
        let signature = "3b8851a11a569213c17ba8fa7dcf2abec6935172"
        let header = "q-sign-algorithm=sha1&q-ak=AKIDidentity&q-signature=\(signature)"
        let redactor = Redactor(
            credentials: pair, signatures: [signature], signedTexts: [Array(header.utf8)])
        #expect(redactor.removed(from: "[\(header)]") == "[(hidden)]")
        #expect(redactor.removed(from: "q-sign-algorithm=sha1") == "q-sign-algorithm=sha1")
        #expect(redactor.removed(from: "had \(signature.prefix(16))") == "had (hidden)")
    }

    @Test("a text that is empty, has a blank or a line end, or would forge a field is refused")
    func badTexts() {
        func refusal(_ id: String, _ key: String, _ token: String?) -> CredentialsError? {
            do throws(CredentialsError) {
                _ = try Credentials(secretID: id, secretKey: key, sessionToken: token)
                return nil
            } catch { return error }
        }
        #expect(refusal("i", "k", nil) == nil)
        #expect(refusal("i", "k", "t/+=") == nil)
        #expect(refusal("", "k", nil) == .empty(half: .secretID))
        #expect(refusal("i", "", nil) == .empty(half: .secretKey))
        #expect(refusal("i", "k", "") == .empty(half: .sessionToken))
        for id in ["i&b=victim", "i=", "i/20130524", "i j", "i\n"] {
            #expect(refusal(id, "k", nil) == .refusedCharacter(half: .secretID))
        }
        #expect(refusal("i", "k\n", nil) == .refusedCharacter(half: .secretKey))
        #expect(refusal("i", "k", "t\r\nx-cos-acl: public-read") == .refusedCharacter(half: .sessionToken))
    }
}
