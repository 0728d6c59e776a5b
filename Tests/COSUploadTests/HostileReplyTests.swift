import ServiceCore
import COSProtocol
import Foundation
import FoundationNetworking
import PlanCore
import PlanFiles
import Synchronization
import Testing

@testable import COSUpload

/// Uploads to a server that sends arbitrary replies, over a real socket.
@Suite("Replies of a hostile service")
struct HostileReplyTests {
    private func upload(
        to server: RawServer, fileSize: Int = 100, retries: Int = 0
    ) async throws -> (result: UploadResult, shown: String) {
        let folder = try Folder()
        let bytes = pattern(fileSize)
        try folder.write("a", bytes)
        var configuration = UploadConfiguration(
            credentials: try Credentials(
                secretID: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
                secretKey: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"))
        configuration.endpoint = try Endpoint("http://127.0.0.1:\(server.port)")
        configuration.retry = RetryPolicy(retries: retries)
        (configuration.idleSeconds, configuration.replySeconds) = (600, 600)
        let said = Mutex<[String]>([])
        let session = UploadSession(configuration) { warning in said.withLock { $0.append("\(warning)") } }
        let job = UploadJob(plan: try plan(bytes), target: try testTarget(), root: try folder.root())
        var left = [job][...]
        var result: UploadResult?
        await session.upload(next: { left.popFirst() }, ended: { result = $0.last })
        let ended = try #require(result)
        let receipt = ended.receipt.map { String(decoding: $0.json, as: UTF8.self) } ?? ""
        let failure = ended.failure.map { "\($0) " + String(reflecting: $0) } ?? ""
        return (ended, failure + receipt + said.withLock { $0.joined() })
    }

    /// Checks that `shown` contains nothing of the request's signature, nor of the text it covers.
    private func expectNothing(
        of server: RawServer, in shown: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let signatures = server.requests.map { RawServer.header("Authorization", in: $0) }
        #expect(!signatures.isEmpty, sourceLocation: sourceLocation)
        #expect(signatures.allSatisfy { $0.count > 100 }, sourceLocation: sourceLocation)
        for signature in signatures {
            for start in stride(from: 0, to: signature.count - 20, by: 10) {
                let piece = signature.dropFirst(start).prefix(20)
                #expect(!shown.contains(piece), sourceLocation: sourceLocation)
                let escaped = piece.replacingOccurrences(of: "/", with: #"\/"#)
                #expect(!shown.contains(escaped), sourceLocation: sourceLocation)
            }
        }
        #expect(!shown.contains("AKIDz8krbsJ5"), sourceLocation: sourceLocation)
        #expect(!shown.contains("Gu5t9xGARNpq"), sourceLocation: sourceLocation)
    }

    @Test(
        "a message that repeats the signature, as it is, escaped, decoded or in no JSON, shows none of it",
        arguments: [0, 1, 2, 3, 4])
    func message(form: Int) async throws {
        // A signature without a slash would not test escaping, so several are tried.
        for _ in 0..<4 {
            let server = try RawServer { head in
                let signature = RawServer.header("Authorization", in: head)
                let escaped = signature.replacingOccurrences(of: "/", with: #"\/"#)
                let bytes = Data(base64Encoded: signature) ?? Data()
                let text =
                    switch form {
                    case 0: signature
                    case 1: escaped
                    case 2: String(decoding: bytes.dropFirst(20), as: UTF8.self)
                    case 3: String(escaped.dropLast(60))
                    default: ""
                    }
                return form == 4
                    ? RawServer.json("<html>\(signature) and \(escaped)", status: 403)
                    : RawServer.json(
                        #"{"code":-180,"message":"bad: \#(text)","request_id":"\#(text)"}"#, status: 400)
            }
            let (result, shown) = try await upload(to: server)
            #expect(result.failure?.verdict == .refused)
            #expect(shown.contains("(hidden)"))
            expectNothing(of: server, in: shown)
        }
    }

    @Test("a request id in a header and the URLs of a success that repeat it show none of it")
    func kept() async throws {
        let server = try RawServer { head in
            let signature = RawServer.header("Authorization", in: head)
            return RawServer.json(
                #"{"code":0,"message":"SUCCESS","data":{"access_url":"http://h/?sign=\#(signature)"}}"#,
                headers: ["x-cos-request-id: \(signature)"])
        }
        let (result, shown) = try await upload(to: server)
        #expect(result.receipt?.result == .instant)
        #expect(shown.contains(#""access_url":"http://h/?sign=(hidden)""#))
        #expect(shown.contains(#""request_ids":["(hidden)"]"#))
        expectNothing(of: server, in: shown)
    }

    @Test("a redirect that repeats it shows none of it")
    func location() async throws {
        let server = try RawServer { head in
            let signature = RawServer.header("Authorization", in: head)
            return RawServer.json("", status: 307, headers: ["Location: http://evil.example/?\(signature)"])
        }
        let (result, shown) = try await upload(to: server)
        #expect(result.failure?.verdict == .refused)
        #expect(shown.contains("http://evil.example/?(hidden)"))
        expectNothing(of: server, in: shown)
    }

    @Test(
        "a 401 is about the credentials over a socket, too, with and without a body and a challenge",
        arguments: [nil, 0, -166, -12_345] as [Int?], [true, false])
    func unauthorized(code: Int?, challenges: Bool) async throws {
        let server = try RawServer { _ in
            RawServer.json(
                code.map { #"{"code":\#($0)}"# } ?? "", status: 401,
                headers: challenges ? [#"WWW-Authenticate: Basic realm="x""#] : [])
        }
        let (result, _) = try await upload(to: server, retries: 3)
        #expect(result.failure?.verdict == .credentials)
        #expect(server.requests.count == 1)
    }

    @Test(
        "a redirect is refused at once and plainly, whatever it carries",
        arguments: [
            nil, "", "http://[", "::", "ftp://127.0.0.1/x", "/same", "http://127.0.0.1:1/\u{1}",
        ] as [String?], [301, 302, 303, 304, 307, 308])
    func redirect(location: String?, status: Int) async throws {
        let server = try RawServer { _ in
            RawServer.json("", status: status, headers: location.map { ["Location: \($0)"] } ?? [])
        }
        let (result, shown) = try await upload(to: server, retries: 2)
        #expect(result.failure?.verdict == .refused, "\(shown)")
        #expect(shown.contains("init: redirected (status \(status)) "), "\(shown)")
        #expect(server.requests.count == 1)
    }

    @Test(
        "a reply that asks for a name and a password ends the upload at once, with one request",
        arguments: [401, 407], [false, true])
    func challenge(status: Int, isData: Bool) async throws {
        let count = Mutex(0)
        let server = try RawServer { _ in
            let isFirst = count.withLock { count in
                count += 1
                return count == 1
            }
            if isData, isFirst {
                return RawServer.json(#"{"code":0,"data":{"session":"s","slice_size":1048576}}"#)
            }
            return RawServer.json(
                "", status: status,
                headers: [
                    #"WWW-Authenticate: Basic realm="r""#, #"Proxy-Authenticate: Basic realm="r""#,
                ])
        }
        let (result, shown) = try await upload(to: server, retries: 2)
        #expect(result.failure?.verdict == (status == 401 ? .credentials : .configuration), "\(shown)")
        #expect(
            shown.contains("\(isData ? "data" : "init"): status \(status) with an empty body"), "\(shown)")
        #expect(server.requests.count == (isData ? 2 : 1))
    }

    @Test("an exchange that Foundation gives up by itself is tried again, and is nobody's interruption")
    func givenUp() throws {
        let url = try #require(URL(string: "http://127.0.0.1:1"))
        let clock = TransferClock(bodyCount: 0, idle: .seconds(20), reply: .seconds(20), now: .now)
        let exchange = Exchange(
            task: URLSession.shared.dataTask(with: url), guarded: nil, clock: clock, replyLimit: 100,
            origin: Exchange.Origin(host: "127.0.0.1", hasAnswered: false))
        guard case .failure(let error) = exchange.result(URLError(.cancelled)) else {
            Issue.record("a success")
            return
        }
        #expect(error == .noReply && error.isTransient)
        #expect(UploadFailure.noAnswer(operation: "data", error: error).verdict == .tryAgain)
    }

    @Test("a reply with two members of one name is not taken for a success")
    func twins() async throws {
        let server = try RawServer { _ in RawServer.json(#"{"code":-180,"data":{},"code":0}"#) }
        let (result, shown) = try await upload(to: server)
        #expect(result.failure?.verdict == .tryAgain, "\(shown)")
    }

    @Test("texts of a mebibyte leave a receipt that a log takes")
    func longTexts() async throws {
        let long = String(repeating: "\\u0001", count: 100_000)
        let server = try RawServer { _ in
            RawServer.json(
                #"{"code":0,"request_id":"\#(long)","data":{"access_url":"\#(long.prefix(300_000))"}}"#)
        }
        let (result, _) = try await upload(to: server)
        #expect(result.receipt?.result == .instant)
        let line = try #require(result.receipt).json
        #expect(line.count < 100_000)
        let folder = try Folder()
        let log = try AppendOnlyLog(path: ByteString(folder.url.appending(path: "r").path))
        try log.append([line])
        let path = ByteString(folder.url.appending(path: "r").path)
        #expect(throws: FileError.writeFailed(path: path, code: EFBIG)) {
            try log.append([[UInt8](repeating: 120, count: 1 << 20)])
        }
    }

    @Test("a reply of more than a mebibyte is refused for every operation but list")
    func endless() async throws {
        let server = try RawServer { _ in
            RawServer.json(#"{"code":0,"message":"\#(String(repeating: "x", count: 1 << 20))"}"#)
        }
        let (result, _) = try await upload(to: server)
        #expect(result.failure == .noAnswer(operation: "init", error: .replyTooLong(limit: 1_048_576)))
        for operation in ServiceOperation.allCases where operation != .list {
            #expect(JSONUpload.replyLimit(operation, fileSize: 1 << 40) == 1_048_576)
        }
    }

    @Test("list may be as long as the file has slices: a 1024th of it more than the others")
    func list() {
        #expect(JSONUpload.replyLimit(.list, fileSize: 0) == 1_048_576)
        #expect(JSONUpload.replyLimit(.list, fileSize: 65_536) == 1_048_576 + 64)
        #expect(JSONUpload.replyLimit(.list, fileSize: 65_537) == 1_048_576 + 128)
        #expect(JSONUpload.replyLimit(.list, fileSize: 50 << 30) == 1_048_576 + (50 << 20))
        // The longest entry, for a file of 8 EiB.
        #expect(#"{"offset":9223372036854710272,"datalen":65536},"#.utf8.count <= 64)
    }

    @Test("the headers that a request shows are those that are sent")
    func headers() async throws {
        let server = try RawServer { _ in RawServer.json(#"{"code":-180}"#, status: 400) }
        _ = try await upload(to: server)
        let head = try #require(server.requests.first)
        #expect(RawServer.header("User-Agent", in: head) == "cosplan")
        #expect(RawServer.header("Accept", in: head) == "application/json")
        #expect(RawServer.header("Content-Type", in: head).hasPrefix("multipart/form-data; boundary="))
        let plan = try plan([1])
        let form = MultipartForm([], boundary: .random())
        let shown = RequestHead(target: try jsonTarget(), key: plan.key, form: form).headers(
            userAgent: "cosplan")
        #expect(shown.map(\.name) == ["User-Agent", "Accept", "Content-Type"])
    }
}
