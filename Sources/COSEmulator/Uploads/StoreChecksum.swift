import ByteDigests
import PlanCore
import ServiceCore
import XMLProtocol

/// A kind of checksum that the XML API or S3 returns for a part and for an object.
enum StoreChecksum: String, Hashable, Sendable, CaseIterable {
    /// The checksum of COS.
    case crc64ecma
    /// The checksums of S3; the first is the default.
    case crc64nvme, crc32, crc32c, sha1, sha256

    /// The checksums of S3.
    static let s3: [StoreChecksum] = [.crc64nvme, .crc32, .crc32c, .sha1, .sha256]

    /// The header of a value.
    var header: String { self == .crc64ecma ? HeaderName.cosCRC64 : "x-amz-checksum-\(rawValue)" }
    /// The XML element of a value.
    var element: String { "Checksum\(algorithm)" }
    /// The value of `x-amz-checksum-algorithm`.
    var algorithm: String { rawValue.uppercased() }

    /// The CRC; nil for a digest.
    var crc: CRC.Kind? {
        switch self {
        case .crc64ecma: .ecma
        case .crc64nvme: .nvme
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .sha1, .sha256: nil
        }
    }

    /// The length of a value.
    ///
    /// **Unit**: bytes.
    var byteCount: Int {
        switch self {
        case .crc64ecma, .crc64nvme: 8
        case .crc32, .crc32c: 4
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// The header text of a CRC.
    func text(crc value: UInt64) -> String {
        guard self != .crc64ecma else { return String(value) }
        return Base64.encoded(Array(value.bigEndianBytes.suffix(byteCount)))
    }

    /// Parses the header text of a CRC; nil if it is malformed.
    func crc(_ text: String) -> UInt64? {
        guard self != .crc64ecma else { return UInt64(text) }
        guard crc != nil, let bytes = Base64.decoded(text), bytes.count == byteCount else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A wrong value of the same form, for a fault.
    func wrong(_ text: String) -> String {
        if self == .crc64ecma, let value = UInt64(text) { return String(value ^ 1) }
        let first = text.hasPrefix("A") ? "B" : "A"
        return first + text.dropFirst()
    }
}

/// How the checksum of a multipart object is formed.
enum ChecksumType: String, Hashable, Sendable {
    /// Over all bytes.
    case fullObject = "FULL_OBJECT"
    /// Over the checksums of the parts, followed by their number.
    case composite = "COMPOSITE"
}

/// The checksum of an object or of a part.
struct StoredChecksum: Hashable, Sendable {
    let kind: StoreChecksum
    let type: ChecksumType
    /// The header text.
    let text: String

    init(_ kind: StoreChecksum, _ type: ChecksumType = .fullObject, _ text: String) {
        self.kind = kind
        self.type = type
        self.text = text
    }

    /// The checksum of a multipart object, from its parts.
    init(_ kind: StoreChecksum, _ type: ChecksumType, of parts: [UploadedPart]) {
        if type == .fullObject, let crc = kind.crc {
            let value = CRC.combined(
                crc, parts.map { (value: kind.crc($0.checksum) ?? 0, length: $0.size) })
            self.init(kind, type, kind.text(crc: value))
        } else {
            var whole = RunningChecksum(kind)
            whole.take(parts.flatMap { Base64.decoded($0.checksum) ?? [] })
            self.init(kind, .composite, "\(whole.text)-\(parts.count)")
        }
    }
}

/// An incremental checksum.
enum RunningChecksum: Sendable {
    case crc(StoreChecksum, CRC)
    case digest(DigestStream)

    init(_ kind: StoreChecksum) {
        self =
            switch kind {
            case .sha1: .digest(DigestStream(.sha1))
            case .sha256: .digest(DigestStream(.sha256))
            case .crc64ecma: .crc(kind, CRC(.ecma))
            case .crc64nvme: .crc(kind, CRC(.nvme))
            case .crc32: .crc(kind, CRC(.crc32))
            case .crc32c: .crc(kind, CRC(.crc32c))
            }
    }

    /// Processes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .crc(let kind, var crc):
            unsafe crc.update(bytes)
            self = .crc(kind, crc)
        case .digest(var stream):
            unsafe stream.take(bytes)
            self = .digest(stream)
        }
    }

    mutating func take(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe update($0) } }

    /// The header text of the value over all bytes so far.
    var text: String {
        switch self {
        case .crc(let kind, let crc): kind.text(crc: crc.value)
        case .digest(let stream): Base64.encoded(stream.digest)
        }
    }
}
