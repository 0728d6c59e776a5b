/// A server address: scheme, host and port.
public struct Endpoint: Hashable, Sendable {
    /// Whether the scheme is https.
    package let isEncrypted: Bool
    /// The host name or address in lower case; an IPv6 address in brackets.
    package let host: String
    /// The port; nil for the scheme's default.
    package let port: Int?

    /// Creates an https endpoint for a valid host name.
    init(host: String) {
        isEncrypted = true
        self.host = host
        port = nil
    }

    /// Parses `http[s]://host[:port]`, with an optional trailing `/`.
    ///
    /// - Throws: ``EndpointError`` for anything else.
    public init(_ text: String) throws(EndpointError) {
        let lower = Array(text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 })
        let rest: ArraySlice<UInt8>
        if lower.starts(with: "https://".utf8) {
            isEncrypted = true
            rest = lower.dropFirst(8)
        } else if lower.starts(with: "http://".utf8) {
            isEncrypted = false
            rest = lower.dropFirst(7)
        } else {
            throw .otherScheme(text: Self.shown(text))
        }
        let authority = rest.last == UInt8(ascii: "/") ? rest.dropLast() : rest
        guard !authority.contains(UInt8(ascii: "@")) else { throw .userInfo }
        let shown = Self.shown(text)
        guard !authority.contains(UInt8(ascii: "?")), !authority.contains(UInt8(ascii: "#")),
            !authority.contains(UInt8(ascii: "/"))
        else { throw .morePieces(text: shown) }
        guard let split = Self.split(authority) else { throw .badHost(text: shown) }
        guard let host = Self.canonical(split.host) else { throw .badAddress(text: shown) }
        self.host = host
        guard let digits = split.port else {
            port = nil
            return
        }
        guard let number = Int(String(decoding: digits, as: UTF8.self)), (1...65_535).contains(number),
            digits.allSatisfy({ (48...57).contains($0) })
        else { throw .badPort(text: shown) }
        port = number == (isEncrypted ? 443 : 80) ? nil : number
    }

    /// Whether the host is loopback: `localhost`, 127.0.0.0/8, also IPv4-mapped, or `[::1]`.
    package var isLoopback: Bool {
        if host.utf8.elementsEqual("localhost".utf8) || host.utf8.elementsEqual("[::1]".utf8) { return true }
        return host.utf8.starts(with: "[::ffff:127.".utf8) || IPAddressText.ipv4(host.utf8)?.first == 127
    }

    /// A host name unchanged, an address in canonical form; nil for another notation of IPv4 or an invalid
    /// IPv6 address.
    private static func canonical(_ host: ArraySlice<UInt8>) -> String? {
        if host.first == UInt8(ascii: "[") {
            return IPAddressText.canonicalIPv6(host.dropFirst().dropLast()).map { "[\($0)]" }
        }
        if IPAddressText.looksLikeIPv4(host), IPAddressText.ipv4(host) == nil { return nil }
        return String(decoding: host, as: UTF8.self)
    }

    /// Whether the host is `domain` or a subdomain of it.
    func isBelow(_ domain: String) -> Bool {
        host.utf8.elementsEqual(domain.utf8) || Array(host.utf8).ends(with: "." + domain)
    }

    /// The URL for a path and query at this endpoint.
    package func url(path: String, query: String?) -> String {
        description + path + (query.map { "?" + $0 } ?? "")
    }

    private static func split(
        _ authority: ArraySlice<UInt8>
    ) -> (host: ArraySlice<UInt8>, port: ArraySlice<UInt8>?)? {
        let colon = UInt8(ascii: ":")
        if authority.first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let after = authority[(close + 1)...]
            if after.isEmpty { return (authority[...close], nil) }
            return after.first == colon ? (authority[...close], after.dropFirst()) : nil
        }
        let pieces = authority.split(separator: colon, omittingEmptySubsequences: false)
        guard let host = pieces.first, pieces.count <= 2, isHostName(host) else { return nil }
        return (host, pieces.count == 2 ? pieces[1] : nil)
    }

    private static func isHostName(_ host: ArraySlice<UInt8>) -> Bool {
        guard let first = host.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
            return false
        }
        return host.count <= 253
            && host.allSatisfy { byte in
                (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-")
                    || byte == UInt8(ascii: ".")
            }
    }

    /// The part of the text that an error may contain: a password or a signature may precede an `@` or be in
    /// a query.
    private static func shown(_ text: String) -> String {
        guard !text.utf8.contains(UInt8(ascii: "@")) else { return "…" }
        let kept = text.prefix { $0 != "?" && $0 != "#" }
        return kept.endIndex == text.endIndex ? text : kept + "…"
    }
}

extension Endpoint: CustomStringConvertible {
    /// The URL without a path, such as `https://gz.file.myqcloud.com` or `http://127.0.0.1:8080`.
    public var description: String {
        (isEncrypted ? "https://" : "http://") + host + (port.map { ":\($0)" } ?? "")
    }
}

/// Why a text is not a valid endpoint.
public enum EndpointError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The scheme is neither http nor https.
    case otherScheme(text: String)
    /// It has a user name or password, which the error does not contain.
    case userInfo
    /// It has a path, query or fragment.
    case morePieces(text: String)
    /// The host is missing or has illegal characters.
    case badHost(text: String)
    /// An address in a notation that programs interpret differently, or with a zone.
    case badAddress(text: String)
    /// The port is not from 1 to 65535.
    case badPort(text: String)

    /// One line: what was found and what is allowed; contains no secret.
    public var description: String {
        let form = "use http://HOST[:PORT] or https://HOST[:PORT]"
        return switch self {
        case .otherScheme(let text): "endpoint '\(text.escapedForDisplay)': neither http nor https; \(form)"
        case .userInfo: "endpoint: it holds a user name or password; \(form)"
        case .morePieces(let text):
            "endpoint '\(text.escapedForDisplay)': it has a path, query or fragment; \(form)"
        case .badHost(let text): "endpoint '\(text.escapedForDisplay)': no usable host; \(form)"
        case .badAddress(let text):
            "endpoint '\(text.escapedForDisplay)': no usable address; write an IPv4 address as four decimal numbers, "
                + "an IPv6 address in brackets and without a zone"
        case .badPort(let text): "endpoint '\(text.escapedForDisplay)': no usable port; \(form)"
        }
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
