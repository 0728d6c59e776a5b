import COSProtocol
import Foundation
import PlanCore
import Synchronization
import Testing

@testable import COSUpload

/// Replies over a real socket that end, or do not end, in unexpected places.
@Suite("Replies that are cut, decorated, endless or late")
struct ReplyTableTests {
    /// How the end of a reply is marked.
    enum Framing: CaseIterable, Sendable { case length, chunks, chunksAndTrailer, close, afterHints }

    static let body = #"{"code":0,"message":"SUCCESS","data":{}}"#

    /// A complete reply, the length of its head, and the offset from which its body is complete.
    static func reply(_ framing: Framing, status: Int) -> (bytes: [UInt8], headCount: Int, complete: Int) {
        let chunks = "10\r\n\(body.prefix(16))\r\n18\r\n\(body.dropFirst(16))\r\n0\r\n"
        var head = "HTTP/1.1 \(status) Said\r\nContent-Type: application/json\r\n"
        let content: String
        switch framing {
        case .length, .afterHints:
            head += "Content-Length: \(body.utf8.count)\r\n\r\n"
            content = body
        case .chunks:
            head += "Transfer-Encoding: chunked\r\n\r\n"
            content = chunks + "\r\n"
        case .chunksAndTrailer:
            head += "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
            content = chunks + "X-Sum: 1\r\nX-More: HTTP/1.1 500 no\r\n\r\n"
        case .close:
            head += "\r\n"
            content = body
        }
        if framing == .afterHints {
            head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + head
        }
        let isChunked = framing == .chunks || framing == .chunksAndTrailer
        return (
            Array((head + content).utf8), head.utf8.count,
            head.utf8.count + (isChunked ? chunks : content).utf8.count
        )
    }

    /// A server whose next reply is set by the test.
    final class Prompter: Sendable {
        private final class Slot: Sendable { let reply = Mutex<[UInt8]>([]) }

        let server: RawServer
        private let next = Slot()

        init() throws {
            let next = next
            server = try RawServer { _ in next.reply.withLock { $0 } }
        }

        func prompt(_ bytes: [UInt8]) { next.reply.withLock { $0 = bytes } }
    }

    private static func transport() -> URLSessionTransport {
        URLSessionTransport(UploadConfiguration(credentials: .published))
    }

    @Test(
        "every prefix of a reply is a lost reply that is asked for again, and the whole one is read",
        arguments: Framing.allCases, [ServiceOperation.initialize, .stat])
    func everyPrefix(framing: Framing, operation: ServiceOperation) async throws {
        try await check(framing, operation, status: 200, every: 1)
    }

    @Test(
        "so it is for every operation and status",
        arguments: ServiceOperation.allCases, [200, 400, 404, 503])
    func operations(operation: ServiceOperation, status: Int) async throws {
        for framing in Framing.allCases { try await check(framing, operation, status: status, every: 29) }
    }

    private func check(
        _ framing: Framing, _ operation: ServiceOperation, status: Int, every step: Int
    ) async throws {
        let prompter = try Prompter()
        let transport = Self.transport()
        let (bytes, headCount, complete) = Self.reply(framing, status: status)
        let cuts =
            Array(stride(from: 0, to: bytes.count, by: step)) + [headCount - 1, headCount, bytes.count]
        for cut in cuts {
            prompter.prompt(Array(bytes[..<cut]))
            let request = try httpRequest(
                operation, bodyCount: operation == .stat ? 0 : 100, port: prompter.server.port)
            let place = Comment("\(framing), \(operation), \(status), \(cut) of \(bytes.count)")
            do throws(TransportError) {
                let response = try await transport.send(request)
                // A reply that ends with its connection is accepted wherever it ends; its JSON is then
                // incomplete.
                #expect(cut >= complete || (framing == .close && cut >= headCount), place)
                #expect(response.status == status, place)
                #expect((response.error(of: operation) == nil) == (cut >= complete && status == 200), place)
            } catch {
                #expect(error.isTransient, "\(place): \(error)")
                #expect(
                    UploadFailure.noAnswer(operation: "\(operation)", error: error).verdict == .tryAgain,
                    place)
                if cut < headCount {
                    #expect(error == .noReply, place)
                } else {
                    #expect(error == .cutReply || error == .connectionLost, place)
                }
            }
        }
    }

    @Test(
        "a status line without a reason is read",
        arguments: ["HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.0 200 OK"])
    func statusLine(line: String) async throws {
        let prompter = try Prompter()
        prompter.prompt(Array("\(line)\r\nContent-Length: 10\r\n\r\n{\"code\":0}".utf8))
        let response = try await Self.transport().send(try httpRequest(port: prompter.server.port))
        #expect(response.status == 200 && response.error(of: .list) == nil)
    }

    @Test(
        "what is no HTTP is garbled, and worth another try",
        arguments: [
            "hello\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ])
    func garbled(text: String) async throws {
        let prompter = try Prompter()
        prompter.prompt(Array(text.utf8))
        await #expect(throws: TransportError.garbledReply) {
            try await Self.transport().send(try httpRequest(port: prompter.server.port))
        }
        #expect(TransportError.garbledReply.isTransient)
    }

    /// How much of an endless reply is read from a server that never stops by itself.
    private func taken(of head: String, endlessly piece: [UInt8]) async throws -> (TransportError?, Int) {
        let (count, ended) = AsyncStream<Int>.makeStream()
        let server = try RawServer(family: AF_INET) { _, connection in
            _ = RawServer.readRequest(connection)
            var sent = RawServer.write(Array(head.utf8), to: connection)
            while true {
                let more = RawServer.write(piece, to: connection)
                sent += more
                if more < piece.count { break }
            }
            ended.yield(sent)
        }
        let request = try httpRequest(.initialize, bodyCount: 10, port: server.port)
        var found: TransportError?
        do throws(TransportError) {
            _ = try await Self.transport().send(request)
        } catch {
            found = error
        }
        var counts = count.makeAsyncIterator()
        return (found, await counts.next() ?? 0)
    }

    @Test("an endless body, also a compressed one, is stopped where it arrives", arguments: [false, true])
    func endlessBody(isCompressed: Bool) async throws {
        let encoding = isCompressed ? "Content-Encoding: gzip\r\n" : ""
        let (error, count) = try await taken(
            of: "HTTP/1.1 200 OK\r\n\(encoding)\r\n", endlessly: [UInt8](repeating: 120, count: 65_536))
        #expect(error == .replyTooLong(limit: 1 << 20))
        // The socket buffers at both ends hold some megabytes.
        #expect(count < 64 << 20)
    }

    @Test("an endless head is stopped, too", arguments: ["", "HTTP/1.1 103 Hints\r\n\r\n"])
    func endlessHead(before: String) async throws {
        let line = Array("X-Filler: \(String(repeating: "x", count: 4000))\r\n".utf8)
        let (error, count) = try await taken(of: before + "HTTP/1.1 200 OK\r\n", endlessly: line)
        #expect(error == .replyTooLong(limit: 128 << 10))
        #expect(count < 64 << 20)
    }

    @Test("endless hints are stopped, too")
    func endlessHints() async throws {
        let hints = Array("HTTP/1.1 103 Hints\r\nLink: </\(String(repeating: "x", count: 900))>\r\n\r\n".utf8)
        let (error, count) = try await taken(of: "", endlessly: hints)
        #expect(error == .replyTooLong(limit: 128 << 10))
        #expect(count < 64 << 20)
    }

    @Test("a compressed reply that nobody asked for is not decoded")
    func compressed() async throws {
        let prompter = try Prompter()
        // printf '{"code":0}' | gzip -n | base64
        let bytes = try #require(Data(base64Encoded: "H4sIAAAAAAAAA6tWSs5PSVWyMqgFAJiuPHIKAAAA"))
        prompter.prompt(
            Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8)
                + bytes)
        let response = try await Self.transport().send(try httpRequest(port: prompter.server.port))
        #expect(response.status == 200 && response.error(of: .list) != nil)
    }
}
