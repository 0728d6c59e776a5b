/// IP addresses as text, in the canonical notation that every program interprets alike.
///
/// Programs disagree about other notations: `127.1` and `0x7f.1` are addresses to some and names to others,
/// and `0:0::1` is `::1`. The transport compares its host with libcurl's, so both must use the same notation.
enum IPAddressText {
    /// Whether some programs would interpret a host name as an IPv4 address: its last label is a number.
    static func looksLikeIPv4(_ host: some Collection<UInt8>) -> Bool {
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: true)
        guard let last = labels.last, let first = last.first, (48...57).contains(first) else { return false }
        let isHexadecimal = last.dropFirst().first == UInt8(ascii: "x")
        let digits = isHexadecimal ? last.dropFirst(2) : last[...]
        return digits.allSatisfy { (48...57).contains($0) || (isHexadecimal && (97...102).contains($0)) }
    }

    /// The four bytes of a dotted-decimal address without leading zeros; nil for anything else.
    static func ipv4(_ text: some Collection<UInt8>) -> [UInt8]? {
        let labels = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for label in labels {
            guard (1...3).contains(label.count), label.allSatisfy({ (48...57).contains($0) }),
                label.count == 1 || label.first != 48,
                let byte = UInt8(String(decoding: label, as: UTF8.self))
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// The IPv6 address in lower case, as `inet_ntop` writes it; nil if `text` is not one, or has a zone.
    ///
    /// **Source**: RFC 4291, 2.2, and RFC 5952, 4 and 5.
    static func canonicalIPv6(_ text: some Collection<UInt8>) -> String? {
        groups(text).map(written)
    }

    private static func groups(_ text: some Collection<UInt8>) -> [UInt16]? {
        let pieces = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        // `::` at either end yields one more empty piece there.
        guard pieces.count >= 3, pieces.count <= 9 else { return nil }
        var (before, after): ([UInt16], [UInt16]?) = ([], nil)
        for (index, piece) in pieces.enumerated() {
            if piece.isEmpty {
                switch index {
                case 0: guard pieces[1].isEmpty else { return nil }
                case pieces.count - 1: guard pieces[index - 1].isEmpty else { return nil }
                default:
                    guard after == nil else { return nil }
                    after = []
                }
                continue
            }
            guard let groups = groups(of: piece, isLast: index == pieces.count - 1) else { return nil }
            if after == nil { before += groups } else { after? += groups }
        }
        guard let after else { return before.count == 8 ? before : nil }
        let missing = 8 - before.count - after.count
        return missing > 0 ? before + [UInt16](repeating: 0, count: missing) + after : nil
    }

    /// One group of up to four hex digits; at the end also an IPv4 address, which stands for two groups.
    private static func groups(of piece: some Collection<UInt8>, isLast: Bool) -> [UInt16]? {
        if isLast, let bytes = ipv4(piece) {
            return [UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3])]
        }
        guard piece.count <= 4, piece.allSatisfy({ isHexadecimalDigit($0) }) else { return nil }
        return UInt16(String(decoding: piece, as: UTF8.self), radix: 16).map { [$0] }
    }

    private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte) || (65...70).contains(byte)
    }

    private static func written(_ groups: [UInt16]) -> String {
        let gap = longestZeros(groups)
        let isMapped = gap == 0..<5 && groups[5] == 0xffff
        // As inet_ntop does; `::` and `::1` are excluded.
        let isCompatible = gap == 0..<6
        let shown = isMapped || isCompatible ? 6 : 8
        var text = ""
        for index in 0..<shown {
            if let gap, gap.contains(index) {
                if index == gap.lowerBound { text += index == 0 ? "::" : ":" }
                continue
            }
            text += String(groups[index], radix: 16) + (index == 7 ? "" : ":")
        }
        guard shown == 6 else { return text }
        let last = [groups[6] >> 8, groups[6] & 255, groups[7] >> 8, groups[7] & 255]
        return text + last.map { String($0) }.joined(separator: ".")
    }

    /// The first of the longest runs of at least two zero groups.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count, groups[end] == 0 { end += 1 }
            if end - start >= 2, end - start > longest?.count ?? 0 { longest = start..<end }
            start = max(end, start + 1)
        }
        return longest
    }
}
