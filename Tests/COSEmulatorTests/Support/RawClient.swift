import Foundation
import Glibc

/// A minimal HTTP client on a socket: sends bytes, reads one reply.
final class RawClient {
    enum Problem: Error, Equatable {
        case connect(Int32)
        case send(Int32)
        case receive(Int32)
        /// The connection was closed after this many bytes of a reply.
        case closed(after: Int)
    }

    struct Reply {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let descriptor: Int32
    private var buffered: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 600, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Problem.connect(errno) }
    }

    deinit { close(descriptor) }

    /// A socket option of the emulator's end of this connection, which is in this process as well; nil if it
    /// is not found.
    func serverOption(_ level: Int32, _ name: Int32) -> Int32? {
        guard let own = Self.name(of: descriptor, getsockname),
            let found = (0..<4096).first(where: { Self.name(of: $0, getpeername) == own })
        else { return nil }
        var value: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(found, level, name, &value, &length) == 0 ? value : nil
    }

    /// Port and address, from `getsockname` or `getpeername`.
    private static func name(
        of descriptor: Int32,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> [UInt32]? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &length) }
        }
        guard result == 0, address.sin_family == AF_INET else { return nil }
        return [UInt32(address.sin_port), address.sin_addr.s_addr]
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                systemSend(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Problem.send(errno) }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Reads the next reply to its end; the reply to HEAD has no body.
    func reply(toHead: Bool = false) throws -> Reply {
        var end = 0
        while true {
            if let found = headEnd() {
                end = found
                break
            }
            try receive()
        }
        let lines = String(decoding: buffered[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            headers[line[..<colon].lowercased()] =
                line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
        }
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        if headers["transfer-encoding"] == "chunked" {
            buffered.removeFirst(end + 4)
            return Reply(status: status, headers: headers, body: try chunks())
        }
        let length = toHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        while buffered.count < end + 4 + length { try receive() }
        let body = Array(buffered[(end + 4)..<(end + 4 + length)])
        buffered.removeFirst(end + 4 + length)
        return Reply(status: status, headers: headers, body: body)
    }

    /// A chunked body, without trailers.
    private func chunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while buffered.firstRange(of: [13, 10]) == nil { try receive() }
            let line = buffered.firstRange(of: [13, 10])?.lowerBound ?? 0
            let length = Int(String(decoding: buffered[..<line], as: UTF8.self), radix: 16) ?? 0
            while buffered.count < line + 2 + length + 2 { try receive() }
            body += buffered[(line + 2)..<(line + 2 + length)]
            buffered.removeFirst(line + 2 + length + 2)
            if length == 0 { return body }
        }
    }

    private func headEnd() -> Int? {
        guard buffered.count >= 4 else { return nil }
        return (0...(buffered.count - 4)).first { buffered[$0..<$0 + 4].elementsEqual([13, 10, 13, 10]) }
    }

    private func receive() throws {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Problem.receive(errno) }
        guard count > 0 else { throw Problem.closed(after: buffered.count) }
        buffered += chunk[..<count]
    }
}

/// `send(2)`; the class has a method of the same name.
private func systemSend(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int
{
    send(descriptor, start, count, flags)
}
