import Foundation
import Glibc
import Synchronization

/// A server on loopback that answers every request with whatever bytes it is told to. A class: it owns a socket.
final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let heads = Mutex<[String]>([])

    struct Failed: Error {}

    /// - Parameter answer: given a request's head, the whole reply; the connection is closed after it.
    init(_ answer: @escaping @Sendable (String) -> [UInt8]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isReady else { throw Failed() }
        port = UInt16(bigEndian: address.sin_port)
        Thread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                let head = Self.readRequest(connection)
                self?.heads.withLock { $0.append(head) }
                let reply = answer(head)
                var sent = 0
                while sent < reply.count {
                    let count = reply[sent...].withUnsafeBytes {
                        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    guard count > 0 else { break }
                    sent += count
                }
                close(connection)
            }
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

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

    /// Reads head and body; gives the head.
    private static func readRequest(_ connection: Int32) -> String {
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
