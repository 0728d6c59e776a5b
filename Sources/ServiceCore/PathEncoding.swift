import PlanCore

/// Percent-encoding of object paths in URLs and signatures.
///
/// Unreserved characters (RFC 3986: `A-Z a-z 0-9 - _ . ~`) and `/` are kept, every other byte is encoded as
/// `%XX` in upper case. All vendor SDKs agree on this set.
package enum PathEncoding {
    /// A key in encoded form, with its leading `/`.
    package static func encoded(_ key: ObjectKey) -> String { encoded(key.bytes.bytes) }

    /// Bytes in encoded form.
    package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        encoded(bytes, keeping: UInt8(ascii: "/"))
    }

    /// A name or value of a query in encoded form; `/` is encoded as well.
    package static func encodedComponent(_ bytes: some Sequence<UInt8>) -> String {
        encoded(bytes, keeping: nil)
    }

    private static func encoded(_ bytes: some Sequence<UInt8>, keeping kept: UInt8?) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            if isUnreserved(byte) || byte == kept {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "%"))
                text.append(upperHex(byte >> 4))
                text.append(upperHex(byte & 15))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes `%XX` escapes once; nil if a `%` is not followed by two hex digits.
    package static func decoded(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(nibble), let low = rest.next().flatMap(nibble) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func upperHex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 55 + nibble }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - 48
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - 55
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - 87
        default: nil
        }
    }
}
