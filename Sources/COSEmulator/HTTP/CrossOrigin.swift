import NIOHTTP1

/// Decides which web pages may use the emulator: pages served by this machine, and pages of the allowed
/// origins.
///
/// A page in a browser can reach the emulator like any program of its user, and browsers send some requests
/// without a preflight. Requests from other origins are therefore refused here.
///
/// **Source**: the Fetch standard, section 3.2 (CORS protocol).
struct CrossOrigin: Sendable {
    /// Origins as browsers send them, such as `http://192.168.0.7:8080`, in lower case.
    private let allowed: Set<String>

    init(allowed: [String]) { self.allowed = Set(allowed.map { $0.lowercased() }) }

    enum Verdict: Equatable {
        /// The request does not come from a page.
        case noPage
        /// The request comes from a page of this origin, which is allowed.
        case allowed(origin: String)
        case refused(origin: String)
    }

    /// Whether the request comes from a page, and whether that page is allowed.
    func verdict(_ headers: HTTPHeaders) -> Verdict {
        let origins = headers["origin"]
        guard let origin = origins.first else { return .noPage }
        guard origins.count == 1, allowed.contains(origin.lowercased()) || Self.isLoopback(origin) else {
            return .refused(origin: origin)
        }
        return .allowed(origin: origin)
    }

    /// The headers of every reply to a page.
    static func headers(for origin: String) -> [HeaderField] {
        [
            HeaderField("Access-Control-Allow-Origin", origin), HeaderField("Vary", "Origin"),
            HeaderField(
                "Access-Control-Expose-Headers",
                "Date, ETag, x-cos-request-id, x-cos-hash-crc64ecma, x-cos-error-code"),
        ]
    }

    /// The headers of the reply to a preflight request.
    static func preflightHeaders(_ asked: HTTPHeaders) -> [HeaderField] {
        var headers = [HeaderField("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")]
        // The list of names is parsed and written anew, because it is sent back in a header.
        let names = asked[canonicalForm: "access-control-request-headers"]
            .filter { !$0.isEmpty && $0.utf8.allSatisfy(isNameByte) }
        if !names.isEmpty {
            headers.append(HeaderField("Access-Control-Allow-Headers", names.joined(separator: ", ")))
        }
        if asked.contains(name: "access-control-request-private-network") {
            headers.append(HeaderField("Access-Control-Allow-Private-Network", "true"))
        }
        headers.append(HeaderField("Access-Control-Max-Age", "600"))
        return headers
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Whether the origin is a page of this machine: `http(s)://` and a loopback name, with any port.
    private static func isLoopback(_ origin: String) -> Bool {
        let origin = origin.lowercased()
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return HostName(origin.dropFirst(scheme.count))?.isLoopback ?? false
        }
        return false
    }
}

/// A header of a reply.
struct HeaderField: Hashable, Sendable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A host as in `Host` and origins: a name or address, with an optional port.
struct HostName: Hashable, Sendable {
    /// In lower case, without the port; an IPv6 address without brackets.
    let name: String

    /// Reads `name`, `name:port`, `[address]` or `[address]:port`; nil for anything else.
    init?(_ text: some StringProtocol) {
        let text = text.lowercased()
        let end: String.Index
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            name = String(text[..<bracket].dropFirst())
            end = text.index(after: bracket)
        } else {
            end = text.firstIndex(of: ":") ?? text.endIndex
            name = String(text[..<end])
        }
        let port = text[end...]
        guard !name.isEmpty, port.isEmpty || port.hasPrefix(":"), port.dropFirst().utf8.count <= 5,
            port.utf8.dropFirst().allSatisfy(\.isDecimalDigit)
        else { return nil }
    }

    /// Whether the name is loopback: `localhost`, a name below it, 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" { return true }
        let fields = name.split(separator: ".", omittingEmptySubsequences: false)
        return fields.count == 4 && fields.first == "127"
            && fields.allSatisfy { $0.utf8.allSatisfy(\.isDecimalDigit) && Int($0).map { $0 < 256 } ?? false }
    }
}
