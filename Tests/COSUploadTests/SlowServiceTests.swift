import COSProtocol
import Foundation
import PlanCore
import Synchronization
import Testing

@testable import COSUpload

/// Services that read or reply slowly, or not at all, over a real socket.
@Suite("Slow services")
struct SlowServiceTests {
    private func transport(_ change: (inout UploadConfiguration) -> Void) -> URLSessionTransport {
        var configuration = UploadConfiguration(credentials: .published)
        change(&configuration)
        return URLSessionTransport(configuration)
    }

    @Test("a reply that drips is given up at its deadline, though something moves all the time")
    func dripping() async throws {
        let server = try RawServer(family: AF_INET) { _, connection in
            _ = RawServer.readRequest(connection)
            RawServer.write(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), to: connection)
            while RawServer.write([32], to: connection) == 1 { usleep(20_000) }
        }
        let transport = transport { ($0.idleSeconds, $0.replySeconds) = (600, 1) }
        await #expect(throws: TransportError.replyOverdue(seconds: 1)) {
            try await transport.send(try httpRequest(.initialize, bodyCount: 1000, port: server.port))
        }
    }

    @Test("a request may have a deadline of its own for its reply")
    func ownDeadline() async throws {
        let server = try RawServer(family: AF_INET) { _, connection in
            _ = RawServer.readRequest(connection)
            // Until the peer closes.
            var byte: UInt8 = 0
            _ = read(connection, &byte, 1)
        }
        let transport = transport { ($0.idleSeconds, $0.replySeconds) = (600, 600) }
        let asked = try httpRequest(.finish, bodyCount: 1000, port: server.port, replySeconds: 1)
        await #expect(throws: TransportError.replyOverdue(seconds: 1)) { try await transport.send(asked) }
    }

    @Test(
        "a service that takes no more of a body is given up after the idle time, however much fits in buffers"
    )
    func stuck() async throws {
        let server = try RawServer(family: AF_INET, receiveBuffer: 4096) { _, connection in
            // POLLRDHUP: until the peer closes, whatever can be read.
            var descriptor = pollfd(fd: connection, events: 0x2000, revents: 0)
            poll(&descriptor, 1, -1)
        }
        let transport = transport { ($0.idleSeconds, $0.replySeconds) = (1, 600) }
        await #expect(throws: TransportError.timedOut(seconds: 1)) {
            try await transport.send(try httpRequest(.data, bodyCount: 200_000, port: server.port))
        }
    }

    @Test(
        "a service that reads 4 kB a second gets the whole body, in far longer than the idle time",
        .timeLimit(.minutes(10)))
    func slowReader() async throws {
        let server = try RawServer(family: AF_INET, receiveBuffer: 4096) { _, connection in
            var buffer = [UInt8](repeating: 0, count: 400)
            var left = 300_000
            while left > 0 {
                let count = read(connection, &buffer, buffer.count)
                guard count > 0 else { return }
                left -= count
                usleep(100_000)
            }
            RawServer.write(RawServer.json(#"{"code":0}"#), to: connection)
        }
        let transport = transport { ($0.idleSeconds, $0.replySeconds) = (45, 45) }
        let response = try await transport.send(try httpRequest(.data, bodyCount: 300_000, port: server.port))
        #expect(response.error(of: .data) == nil)
    }

    @Test(
        "an endpoint on IPv6 is reached",
        .enabled(if: RawServer.hasIPv6, "this machine has no IPv6 on loopback"))
    func ipv6() async throws {
        let server = try RawServer(family: AF_INET6) { server, connection in
            server.note(RawServer.readRequest(connection))
            RawServer.write(RawServer.json(#"{"code":0}"#), to: connection)
        }
        let transport = transport { _ in }
        for host in ["[::1]", "[0:0::1]"] {
            let request = try httpRequest(.initialize, bodyCount: 10, port: server.port, host: host)
            #expect(try await transport.send(request).error(of: .initialize) == nil)
        }
        #expect(server.requests.allSatisfy { RawServer.header("Host", in: $0) == "[::1]:\(server.port)" })
    }

    @Test("nobody listening is said as such, and whether the endpoint answered before")
    func refused() async throws {
        let transport = transport { _ in }
        await #expect(throws: TransportError.connectionRefused(answered: false)) {
            try await transport.send(try httpRequest(port: 1))
        }
        let server = try RawServer { _ in RawServer.json(#"{"code":0}"#) }
        _ = try await transport.send(try httpRequest(port: server.port))
        server.stop()
        let again = try httpRequest(port: server.port)
        var found: TransportError?
        do throws(TransportError) {
            _ = try await transport.send(again)
        } catch {
            found = error
        }
        #expect(found == .connectionRefused(answered: true) || found == .connectionLost)
    }
}
