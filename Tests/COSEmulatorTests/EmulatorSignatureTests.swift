import Foundation
import Testing

@Suite("Emulator: which signatures it refuses")
struct EmulatorSignatureTests {
    struct SignatureCase: Sendable, CustomTestStringConvertible {
        let what: String
        let message: String?
        let code: Int
        let change: @Sendable (inout TestSigner) -> Void

        var testDescription: String { what }

        init(
            _ what: String, _ code: Int = 0, _ message: String? = nil,
            _ change: @escaping @Sendable (inout TestSigner) -> Void
        ) {
            self.what = what
            self.code = code
            self.message = message
            self.change = change
        }
    }

    static let now = TestService.now
    static let signatureCases: [SignatureCase] = [
        SignatureCase("as it should be") { _ in },
        SignatureCase("in the other SDKs' order") { $0.order = "abketrf" },
        SignatureCase("in any order") { $0.order = "frbteka" },
        SignatureCase("f empty") { $0.fileID = "" },
        SignatureCase("f the folder") { $0.fileID = "/1251668577/xy2/dir/" },
        SignatureCase("f the bucket") { $0.fileID = "/1251668577/xy2/" },
        SignatureCase("f the folder without its /", -9102, "f does not cover") {
            $0.fileID = "/1251668577/xy2/dir"
        },
        SignatureCase("f the beginning of a name", -9102, "f does not cover") {
            $0.fileID = "/1251668577/xy2/di"
        },
        SignatureCase("f another folder", -9102, "f does not cover") { $0.fileID = "/1251668577/xy2/di/" },
        SignatureCase("f another object", -9102, "f does not cover") { $0.fileID = "/1251668577/xy2/dir/b" },
        SignatureCase("f longer than the path", -9102, "f does not cover") { $0.fileID += "x" },
        SignatureCase("another appid", -9103, "a is not the appid") { $0.appID = "1251668578" },
        SignatureCase("another secret id", -9104, "k is not") { $0.id = "AKIDOTHER" },
        SignatureCase("another key", -9102, "HMAC") { $0.key = "OTHER" },
        SignatureCase("another bucket", -9102, "b is not the bucket") { $0.bucket = "xy3" },
        SignatureCase("expires now", -96, "or passed") { $0.expiry = now },
        SignatureCase("expires in a second") { $0.expiry = now + 1 },
        SignatureCase("expires before it begins", -96, "e is not after t") { $0.time = now + 301 },
        SignatureCase("valid for 90 days") { $0.expiry = now + 7_776_000 },
        SignatureCase("valid for 90 days and a second", -96, "after t") { $0.expiry = now + 7_776_001 },
        SignatureCase("from a clock 900 s ahead") {
            $0.time = now + 900
            $0.expiry = now + 1200
        },
        SignatureCase("from a clock 901 s ahead", -96, "901 seconds ahead") {
            $0.time = now + 901
            $0.expiry = now + 1200
        },
        SignatureCase("for one use", -9102, "e is 0") { $0.expiry = 0 },
        SignatureCase("without r", -9102, "does not read") { $0.order = "aketfb" },
        SignatureCase("with e twice", -9102, "does not read") { $0.order = "aketrfbe" },
        SignatureCase("r of twenty digits, as the C++ SDK sends it") { $0.nonce = "18446744073709551615" },
        SignatureCase("r of 21 digits", -9102, "does not read") { $0.nonce = "184467440737095516150" },
        SignatureCase("r empty", -9102, "does not read") { $0.nonce = "" },
        SignatureCase("r with a sign", -9102, "does not read") { $0.nonce = "-1" },
        SignatureCase("f in other letters of an escape") { $0.fileID = "/1251668577/xy2/%64ir%2f%61" },
        SignatureCase("f cut inside an escape", -9102, "does not read") {
            $0.fileID = "/1251668577/xy2/dir/%6"
        },
        SignatureCase("f encoded twice", -9102, "f does not cover") {
            $0.fileID = "/1251668577/xy2/dir%252Fa"
        },
    ]

    @Test("a signature", arguments: signatureCases)
    func signature(example: SignatureCase) async throws {
        try await TestService.run { (service) async throws in
            var signer = TestSigner(fileID: "/1251668577/xy2/dir/a")
            example.change(&signer)
            let fields = InitForm.unchanged.map { ($0.0, Array($0.1.utf8)) }
            for shape in [FormShape.page, .js] {
                let answer = try service.post(
                    "/dir/a", fields, shape: shape, signature: signer.text)
                if example.code == 0 {
                    #expect(answer.code == 0 || answer.code == -4019, "\(answer.message)")
                } else {
                    #expect(answer.code == example.code, "\(answer.message)")
                    #expect(answer.status == 400)
                    #expect(answer.says(example.message ?? ""), "\(answer.message)")
                }
                #expect(!answer.message.contains(signer.text) && !answer.message.contains(signer.key))
            }
        }
    }

    @Test("a request without a signature, or with one that is none, is refused before its form is looked at")
    func unsigned() async throws {
        try await TestService.run { (service) async throws in
            let fields: [(String, [UInt8])] = [("op", Array("upload_slice_init".utf8)), ("sha", [1, 2])]
            let empty = try service.post("/a", fields, signature: "")
            #expect(empty.code == -9105 && empty.message.contains("ERROR_PROXY_AUTH_SIGN_EMPTY"))
            let garbage = try service.post("/a", fields, signature: "!!!!")
            #expect(garbage.code == -9102 && garbage.message.contains("ERROR_PROXY_AUTH_FAILED"))
            let formless = try service.post("/a", [("sha", [1])] as [(String, [UInt8])], signature: "")
            #expect(formless.code == -9105)
        }
    }

    @Test(
        "f may be encoded as any SDK does it",
        arguments: [
            ("/~(1)!.bin", "/~(1)!.bin"), ("/~(1)!.bin", "/%7E%281%29!.bin"),
            ("/~%281%29%21.bin", "/%7e(1)!.bin"), ("/%7E%281%29!.bin", "/~%281%29%21.bin"),
            // The request line of the .NET SDK, and the path it signs.
            ("/%E4%B8%8A%E4%BC%A0~%281%29.bin", "/%e4%b8%8a%e4%bc%a0%7e(1).bin"),
        ])
    func spelling(path: String, signed: String) async throws {
        try await TestService.run { (service) async throws in
            let signature = TestSigner(fileID: "/1251668577/xy2\(signed)").text
            let head =
                "GET /files/v2/1251668577/xy2\(path)?op=stat HTTP/1.1\r\nHost: a\r\nAuthorization: "
                + "\(signature)\r\n\r\n"
            #expect(try service.answer(to: Array(head.utf8)).code == -166)
        }
    }

    @Test("delete takes a signature for one use, for this object, once")
    func delete() async throws {
        try await TestService.run { (service) async throws in
            #expect(try service.upload("/a", [1, 2, 3]).code == 0)
            func delete(_ signer: TestSigner) throws -> TestService.Answer {
                let body = "{\"op\":\"delete\"}"
                let head =
                    "POST /files/v2/1251668577/xy2/a HTTP/1.1\r\nHost: a\r\nAuthorization: \(signer.text)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                return try service.answer(to: Array((head + body).utf8))
            }
            var signer = TestSigner(fileID: "/1251668577/xy2/a")
            #expect(try delete(signer).message.contains("e is 0 for delete"))
            signer.expiry = 0
            signer.fileID = "/1251668577/xy2/"
            #expect(try delete(signer).code == -9102)
            signer.fileID = "/1251668577/xy2/a"
            #expect(try delete(signer).code == 0)
            #expect(try service.stat("/a").status == 404)
            #expect(try delete(signer).message.contains("used before"))
            signer.nonce = "2"
            #expect(try delete(signer).status == 404)
        }
    }
}
