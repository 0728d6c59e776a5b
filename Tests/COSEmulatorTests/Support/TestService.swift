import COSEmulator
import Foundation
import Testing

extension EmulatorConfiguration {
    /// A configuration with a fixed clock.
    static func test(_ change: (inout EmulatorConfiguration) -> Void = { _ in }) -> EmulatorConfiguration {
        var configuration = EmulatorConfiguration()
        configuration.now = { TestService.now }
        change(&configuration)
        return configuration
    }
}

/// A running emulator, and a client that can send requests in the format of any SDK.
struct TestService: Sendable {
    /// The emulator's clock in tests.
    ///
    /// **Unit**: Unix seconds.
    static let now: Int64 = 1_505_201_819

    struct Answer {
        let status: Int
        let code: Int
        let message: String
        let data: [String: Any]
        let headers: [String: String]

        func text(_ name: String) -> String { data[name] as? String ?? "" }
        func number(_ name: String) -> Int { (data[name] as? NSNumber)?.intValue ?? -1 }
        /// Whether the message contains `words`; always true for no words.
        func says(_ words: String) -> Bool { words.isEmpty || message.contains(words) }
        /// The offsets and lengths in `listparts`.
        var listed: [[Int]] {
            (data["listparts"] as? [[String: Any]] ?? []).map { part in
                ["offset", "datalen"].map { (part[$0] as? NSNumber)?.intValue ?? -1 }
            }
        }
    }

    let emulator: Emulator
    let port: Int

    /// Runs `body` with an emulator that is stopped afterwards.
    static func run(
        _ configuration: EmulatorConfiguration = .test(), _ body: (TestService) async throws -> Void
    ) async throws {
        let emulator = Emulator(configuration)
        do {
            let port = try await emulator.start()
            try await body(TestService(emulator: emulator, port: port))
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }

    static func encoded(_ path: String) -> String {
        path.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                byte < 0x80 && (CharacterSet.alphanumerics.contains(scalar) || "-_.~/".utf8.contains(byte))
            return isPlain ? String(scalar) : String(format: "%%%02X", byte)
        }.joined()
    }

    /// The bytes of a request.
    func request(
        _ key: String, _ fields: [(String, [UInt8])], shape: FormShape = .page, signature: String? = nil,
        extra: String = ""
    ) -> [UInt8] {
        let body = shape.body(fields)
        let signature = signature ?? Self.signature(key)
        var path = "/files/v2/1251668577/xy2\(Self.encoded(key))"
        var authorization = "Authorization: \(signature)\r\n"
        if shape == .js {
            path += "?sign=\(signature.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
            authorization = ""
        }
        let head =
            "POST \(path) HTTP/1.1\r\nHost: gz.file.myqcloud.com\r\n\(authorization)Content-Type: "
            + "\(shape.contentType)\r\nContent-Length: \(body.count)\r\n\(extra)\r\n"
        return Array(head.utf8) + body
    }

    /// A multi-use signature for a key.
    static func signature(_ key: String) -> String {
        TestSigner(fileID: "/1251668577/xy2\(encoded(key))").text
    }

    /// Sends a form and reads the reply.
    func post(
        _ key: String, _ fields: [(String, [UInt8])], shape: FormShape = .page, signature: String? = nil
    ) throws -> Answer {
        try answer(to: request(key, fields, shape: shape, signature: signature))
    }

    func post(_ key: String, _ fields: [(String, String)], shape: FormShape = .page) throws -> Answer {
        try post(key, fields.map { ($0.0, Array($0.1.utf8)) }, shape: shape)
    }

    /// Sends bytes on a new connection and reads the reply; skips one with the status `skipping`.
    func answer(to request: [UInt8], skipping: Int? = nil) throws -> Answer {
        let client = try RawClient(port: port)
        try client.send(request)
        if let skipping { #expect(try client.reply().status == skipping) }
        return try Self.answer(client.reply())
    }

    /// A GET of stat.
    func stat(_ key: String) throws -> Answer {
        let head =
            "GET /files/v2/1251668577/xy2\(Self.encoded(key))?op=stat HTTP/1.1\r\nHost: a\r\n"
            + "Authorization: \(Self.signature(key))\r\n\r\n"
        return try answer(to: Array(head.utf8))
    }

    static func answer(_ reply: RawClient.Reply) throws -> Answer {
        let parsed = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
        let envelope = try #require(parsed, "\(reply.text)")
        #expect(reply.headers["x-cos-request-id"] == envelope["request_id"] as? String)
        return Answer(
            status: reply.status, code: (envelope["code"] as? NSNumber)?.intValue ?? -99_999,
            message: envelope["message"] as? String ?? "", data: envelope["data"] as? [String: Any] ?? [:],
            headers: reply.headers)
    }

    // MARK: Complete operations

    /// Starts an upload of `bytes`.
    func begin(
        _ key: String, _ bytes: [UInt8], slice: Int = 1_048_576, part: Int? = nil, plain: Bool = false,
        insertOnly: String? = nil, shape: FormShape = .page
    ) throws -> Answer {
        var fields = [
            ("op", "upload_slice_init"), ("sha", TestFile.sha1(bytes)), ("slice_size", "\(slice)"),
            ("filesize", "\(bytes.count)"),
            (
                "uploadparts",
                TestFile.uploadParts(bytes, partSize: part ?? min(slice, 1_048_576), plain: plain)
            ),
        ]
        if let insertOnly { fields.append(("insertOnly", insertOnly)) }
        return try post(key, fields, shape: shape)
    }

    /// Sends the slice at `offset`.
    func slice(
        _ key: String, _ session: String, _ offset: Int, _ bytes: some Collection<UInt8>,
        shape: FormShape = .page, extra: [(String, String)] = []
    ) throws -> Answer {
        var fields: [(String, [UInt8])] = [
            ("op", Array("upload_slice_data".utf8)), ("session", Array(session.utf8)),
            ("offset", Array("\(offset)".utf8)),
        ]
        fields += extra.map { ($0.0, Array($0.1.utf8)) }
        if shape == .php { fields.append(("datamd5", Array(TestFile.md5(bytes).utf8))) }
        fields.append(("filecontent", Array(bytes)))
        return try post(key, fields, shape: shape)
    }

    func finish(_ key: String, _ session: String, _ bytes: [UInt8], shape: FormShape = .page) throws -> Answer
    {
        try post(
            key,
            [
                ("op", "upload_slice_finish"), ("session", session), ("filesize", "\(bytes.count)"),
                ("sha", TestFile.sha1(bytes)),
            ], shape: shape)
    }

    func list(_ key: String, shape: FormShape = .page) throws -> Answer {
        try post(key, [("op", "upload_slice_list")], shape: shape)
    }

    /// Starts an upload, sends every slice in `order` and finishes.
    @discardableResult
    func upload(
        _ key: String, _ bytes: [UInt8], slice: Int = 1_048_576, part: Int? = nil, plain: Bool = false,
        insertOnly: String? = nil, order: ([Int]) -> [Int] = { $0 }, shape: FormShape = .page
    ) throws -> Answer {
        let session = try begin(
            key, bytes, slice: slice, part: part, plain: plain, insertOnly: insertOnly, shape: shape
        ).text("session")
        for offset in order(Array(stride(from: 0, to: bytes.count, by: slice))) {
            let answer = try self.slice(
                key, session, offset, bytes[offset..<min(offset + slice, bytes.count)], shape: shape)
            #expect(answer.code == 0, "\(answer.message)")
        }
        return try finish(key, session, bytes, shape: shape)
    }
}
