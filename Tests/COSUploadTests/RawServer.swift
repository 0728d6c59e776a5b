import Foundation
import Glibc
import Synchronization

/// A server on loopback that replies to every request with given bytes.
///
/// A class, because it owns a socket.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let heads = Mutex<[String]>([])

    struct Failed: Error {}

    /// Starts a server; `answer` returns the whole reply for a request's head.
    ///
    /// The connection is closed afterwards.
    convenience init(_ answer: @escaping @Sendable (String) -> [UInt8]) throws {
        try self.init(family: AF_INET) { server, connection in
            let head = Self.readRequest(connection)
            server.note(head)
            Self.write(answer(head), to: connection)
        }
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - family: `AF_INET` or `AF_INET6`, on loopback.
    ///   - receiveBuffer: the size of a connection's receive buffer. **Unit**: bytes.
    ///   - serve: handles a connection, which is closed afterwards; runs on its own thread.
    /// - Throws: if there is no socket.
    init(
        family: Int32, receiveBuffer: Int32? = nil,
        serve: @escaping @Sendable (_ server: RawServer, _ connection: Int32) -> Void
    ) throws {
        let listener = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        if var receiveBuffer {
            setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        do {
            port = try Self.listen(listener, family: family)
        } catch {
            close(listener)
            throw error
        }
        // The only thread that closes the listener: its number may be another's right after.
        Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                guard let server = self else {
                    close(connection)
                    continue
                }
                Thread {
                    serve(server, connection)
                    close(connection)
                }.start()
            }
            close(listener)
        }.start()
    }

    /// Takes no more connections, whoever still holds this object.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Binds to a free port on loopback.
    private static func listen(_ listener: Int32, family: Int32) throws -> UInt16 {
        var storage = sockaddr_storage()
        return try withUnsafeMutablePointer(to: &storage) { storage in
            let length: socklen_t
            if family == AF_INET6 {
                length = socklen_t(MemoryLayout<sockaddr_in6>.size)
                storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                    address.pointee.sin6_family = sa_family_t(AF_INET6)
                    address.pointee.sin6_addr = in6addr_loopback
                }
            } else {
                length = socklen_t(MemoryLayout<sockaddr_in>.size)
                storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                    address.pointee.sin_family = sa_family_t(AF_INET)
                    address.pointee.sin_addr.s_addr = inet_addr("127.0.0.1")
                }
            }
            var found = length
            let isReady = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && Glibc.listen(listener, 64) == 0
                    && getsockname(listener, address, &found) == 0
            }
            guard isReady else { throw Failed() }
            // Both kinds of address have the port at the same offset.
            return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
    }

    /// Whether this machine has IPv6 on loopback.
    static var hasIPv6: Bool { (try? RawServer(family: AF_INET6) { _, _ in }) != nil }

    /// Records the head of a request.
    func note(_ head: String) { heads.withLock { $0.append(head) } }

    /// Writes as much as the peer takes; returns the number of bytes.
    ///
    /// **Unit**: bytes.
    @discardableResult
    static func write(_ bytes: [UInt8], to connection: Int32) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    deinit { stop() }

    /// The heads of all requests so far.
    var requests: [String] { heads.withLock { $0 } }

    /// A reply with a JSON body.
    static func json(_ body: String, status: Int = 200, headers: [String] = []) -> [UInt8] {
        let lines =
            ["HTTP/1.1 \(status) Said", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// The value of a header in a head.
    static func header(_ name: String, in head: String) -> String {
        let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        return line.map { String($0.dropFirst(name.count + 2)) } ?? ""
    }

    /// Reads head and body; returns the head.
    static func readRequest(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var left: Int?
        while left ?? 1 > 0 {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            guard left == nil else {
                left = (left ?? 0) - count
                continue
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.utf8.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            let headCount = text.utf8.distance(from: text.utf8.startIndex, to: end.upperBound)
            let length = Int(header("Content-Length", in: String(text.prefix(upTo: end.lowerBound)))) ?? 0
            left = length - (bytes.count - headCount)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.range(of: "\r\n\r\n").map { String(text[..<$0.lowerBound]) } ?? text
    }
}
