/// A checksum of a whole file that a plan can contain besides `sha`.
///
/// The raw value is its key in a manifest.
public enum ChecksumKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// CRC-64/XZ (ECMA-182, reflected), as COS computes it; written in decimal, as COS does.
    case crc64ecma
    /// CRC-64/NVME, as S3 computes it; written in base64 of its eight bytes, most significant first, as S3
    /// does.
    case crc64nvme
    /// MD5 (RFC 1321), written in hex.
    case md5
    /// SHA-256 (FIPS 180-4), written in hex.
    case sha256

    /// The number of bytes of a value.
    package var byteCount: Int {
        switch self {
        case .crc64ecma, .crc64nvme: 8
        case .md5: 16
        case .sha256: 32
        }
    }

    /// The notation of a value, for a message.
    package var form: String {
        switch self {
        case .crc64ecma: "a decimal number of 64 bits without leading zeros"
        case .crc64nvme: "base64 of 8 bytes"
        case .md5, .sha256: "\(byteCount * 2) lower-case hex digits"
        }
    }
}

/// One checksum of a file.
public struct Checksum: Hashable, Sendable {
    /// The kind.
    public let kind: ChecksumKind
    /// The value.
    ///
    /// **Shape**: ``ChecksumKind/byteCount`` bytes; a CRC most significant byte first.
    package let bytes: [UInt8]

    /// Creates a checksum.
    ///
    /// - Precondition: `bytes` has the length of `kind`.
    package init(_ kind: ChecksumKind, bytes: some Collection<UInt8>) {
        precondition(bytes.count == kind.byteCount, "\(kind) has \(kind.byteCount) bytes")
        self.kind = kind
        self.bytes = Array(bytes)
    }

    /// Creates a CRC.
    ///
    /// - Precondition: `kind` is a CRC.
    package init(_ kind: ChecksumKind, crc: UInt64) {
        self.init(kind, bytes: crc.bigEndianBytes)
    }

    /// Parses a value in its own notation; nil for any other text.
    package init?(_ kind: ChecksumKind, text: [UInt8]) {
        switch kind {
        case .crc64ecma:
            guard text.first != UInt8(ascii: "0") || text.count == 1, text.allSatisfy({ 48...57 ~= $0 }),
                let crc = UInt64(String(decoding: text, as: UTF8.self))
            else { return nil }
            self.init(kind, crc: crc)
        case .crc64nvme:
            guard let bytes = Base64.decoded(String(decoding: text, as: UTF8.self)),
                bytes.count == kind.byteCount
            else { return nil }
            self.init(kind, bytes: bytes)
        case .md5, .sha256:
            guard let bytes = Self.hex(text), bytes.count == kind.byteCount else { return nil }
            self.init(kind, bytes: bytes)
        }
    }

    /// The value of a CRC; for other checksums, the first eight bytes.
    package var crc: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// The value in the notation of a manifest and of its service.
    public var text: String {
        switch kind {
        case .crc64ecma: String(crc)
        case .crc64nvme: Base64.encoded(bytes)
        case .md5, .sha256: hex
        }
    }

    /// The bytes in lower-case hex.
    package var hex: String { bytes.hexText }

    /// The checksum of no bytes.
    ///
    /// **Source**: RFC 1321, A.5; FIPS 180-4; the CRCs by definition.
    package static func ofNoBytes(_ kind: ChecksumKind) -> Checksum {
        switch kind {
        case .crc64ecma, .crc64nvme: Checksum(kind, crc: 0)
        case .md5: Checksum(kind, bytes: emptyMD5)
        case .sha256: Checksum(kind, bytes: emptySHA256)
        }
    }

    private static let emptyMD5: [UInt8] = [
        0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80, 0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e,
    ]
    private static let emptySHA256: [UInt8] = [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
        0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
    ]
}

extension Checksum {
    private static func hex(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in text {
            let nibble: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = digit - 48
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = digit - 87
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        return bytes
    }
}

/// The checksums of one file, at most one of a kind, in the order of a manifest.
public struct Checksums: Hashable, Sendable {
    /// All checksums.
    ///
    /// **Shape**: in the order of ``ChecksumKind``.
    public private(set) var all: [Checksum] = []

    /// Creates the set; of two checksums of a kind the later is kept.
    public init(_ checksums: some Sequence<Checksum> = []) {
        for checksum in checksums { self[checksum.kind] = checksum }
    }

    /// The checksum of a kind; nil if there is none.
    public subscript(kind: ChecksumKind) -> Checksum? {
        get { all.first { $0.kind == kind } }
        set {
            all.removeAll { $0.kind == kind }
            if let newValue { all.append(newValue) }
            if all.count > 1 {
                all = ChecksumKind.allCases.compactMap { kind in all.first { $0.kind == kind } }
            }
        }
    }

    /// Whether it is empty.
    package var isEmpty: Bool { all.isEmpty }
}
