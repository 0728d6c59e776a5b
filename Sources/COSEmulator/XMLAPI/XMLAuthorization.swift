import NIOHTTP1
import PlanCore
import ServiceCore

/// Checks the signatures of the XML API (v5).
///
/// It does not use the signer's code, so that a bug there is not repeated here. **Source**: the vendor's page
/// 436/7778.
struct XMLAuthorization: Sendable {
    let credentials: Credentials
    let limits: EmulatorLimits

    /// Checks a request's signature, in the header or in the query.
    ///
    /// - Throws: ``XMLRefusal`` for the first problem; it never contains the signature.
    func check(_ head: HTTPRequestHead, _ target: XMLRequestTarget, now: Int64) throws(XMLRefusal) {
        let fields = try fields(of: head, target)
        guard fields["q-sign-algorithm"] == "sha1" else {
            throw .accessDenied("q-sign-algorithm is not sha1")
        }
        guard fields["q-ak"]?.utf8.elementsEqual(credentials.secretID.utf8) ?? false else {
            throw XMLRefusal(403, "InvalidAccessKeyId", "q-ak is not the emulator's secret id")
        }
        if let token = credentials.sessionToken {
            let sent = head.headers.first(name: "x-cos-security-token") ?? target["x-cos-security-token"]
            guard sent?.utf8.elementsEqual(token.utf8) ?? false else {
                throw XMLRefusal(403, "InvalidToken", "x-cos-security-token is not the emulator's")
            }
        }
        guard let keyTime = fields["q-key-time"], let signTime = fields["q-sign-time"],
            let valid = Self.range(keyTime), let signed = Self.range(signTime),
            let signature = fields["q-signature"]
        else {
            throw .accessDenied(
                "q-key-time or q-sign-time is no pair of Unix times, or q-signature is missing")
        }
        let signKey = Self.hmac(keyTime, key: Array(credentials.secretKey.utf8))
        // An SDK may sign the host with or without its port.
        let isRight = Self.hosts(head).contains { host in
            guard let text = try? httpString(head, target, fields, host: host) else { return false }
            let toSign = "sha1\n\(signTime)\n\(SHA1Stream.digest(of: text).hex)\n"
            return Self.hmac(toSign, key: Array(signKey.utf8)).utf8.elementsEqual(signature.utf8)
        }
        // Reports a header or parameter that is signed but missing.
        _ = try httpString(head, target, fields, host: head.headers.first(name: "host") ?? "")
        guard isRight else {
            throw .badSignature("q-signature is not that of method, path, query and headers under the key")
        }
        for times in [valid, signed] {
            guard times.start - limits.clockToleranceSeconds <= now, now < times.end else {
                throw .wrongTime(
                    "Request has expired: now is \(now), not from \(times.start) to \(times.end)")
            }
        }
    }

    /// The fields of the signature, from the header or the query.
    ///
    /// A header that repeats a field is refused.
    private func fields(
        of head: HTTPRequestHead, _ target: XMLRequestTarget
    ) throws(XMLRefusal) -> [String: String] {
        let sent = head.headers["authorization"]
        guard sent.count < 2 else { throw .accessDenied("two headers Authorization") }
        guard let text = sent.first else {
            guard target["q-signature"] != nil else { throw .accessDenied("the request has no signature") }
            return Dictionary(
                target.query.filter { $0.name.hasPrefix("q-") }.map { ($0.name, $0.value) },
                uniquingKeysWith: { first, _ in first })
        }
        var fields: [String: String] = [:]
        for field in text.split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, fields.updateValue(String(parts[1]), forKey: String(parts[0])) == nil
            else {
                throw .accessDenied("Authorization does not read")
            }
        }
        return fields
    }

    /// The text whose SHA-1 is signed, for one spelling of the host.
    private func httpString(
        _ head: HTTPRequestHead, _ target: XMLRequestTarget, _ fields: [String: String], host: String
    ) throws(XMLRefusal) -> [UInt8] {
        let parameters = try Self.canonical(fields["q-url-param-list"] ?? "", "parameter") { name in
            target.query.first { Self.encoded($0.name.lowercased()) == name }?.value
        }
        let headers = try Self.canonical(fields["q-header-list"] ?? "", "header") { name in
            guard let decoded = PathEncoding.decoded(name) else { return nil }
            let plain = String(decoding: decoded, as: UTF8.self)
            if plain == "host" { return host }
            let values = head.headers[plain]
            return values.count == 1 ? values[0] : nil
        }
        return Array("\(head.method.rawValue.lowercased())\n".utf8) + target.signedPath
            + Array("\n\(parameters)\n\(headers)\n".utf8)
    }

    /// `name=value` for the names in a list, joined by `&`.
    ///
    /// - Throws: ``XMLRefusal`` if the list is not sorted or names something that the request does not have.
    private static func canonical(
        _ list: String, _ kind: String, value: (String) -> String?
    ) throws(XMLRefusal) -> String {
        let names = list.split(separator: ";").map { String($0) }
        var text: [String] = []
        var last: [UInt8] = []
        for name in names {
            let bytes = Array(name.utf8)
            guard last.lexicographicallyPrecedes(bytes) else {
                throw .badSignature("the list of signed \(kind)s is not sorted")
            }
            last = bytes
            guard let value = value(name) else {
                throw .badSignature(
                    "the \(kind) '\(name.escapedForDisplay(limit: 80))' is signed and not sent once")
            }
            text.append("\(name)=\(encoded(value))")
        }
        return text.joined(separator: "&")
    }

    /// Both spellings of the request's host: as sent, and without its port.
    private static func hosts(_ head: HTTPRequestHead) -> [String] {
        guard let sent = head.headers.first(name: "host") else { return [""] }
        guard let colon = sent.lastIndex(of: ":"), !sent.hasSuffix("]") else { return [sent] }
        return [sent, String(sent[..<colon])]
    }

    /// `<start>;<end>`.
    private static func range(_ text: String) -> (start: Int64, end: Int64)? {
        let times = text.split(separator: ";", omittingEmptySubsequences: false).map {
            DecimalNumber.read($0.utf8)
        }
        guard times.count == 2, let start = times[0], let end = times[1], start < end else { return nil }
        return (start, end)
    }

    /// Percent-encodes every byte except letters, digits and `- _ . ~`.
    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || byte.isDecimalDigit || "-_.~".utf8.contains(byte))
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(scalar) : digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }

    private static func hmac(_ text: String, key: [UInt8]) -> String {
        HMAC.sha1(of: Array(text.utf8), key: key).hexText
    }
}
