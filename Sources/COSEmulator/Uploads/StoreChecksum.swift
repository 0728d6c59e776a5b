import CLibCrypto
import PlanCore
import ServiceCore
import XMLProtocol

/// A checksum that the XML API or S3 answers for a part and for an object.
enum StoreChecksum: String, Hashable, Sendable, CaseIterable {
    /// COS's.
    case crc64ecma
    /// S3's, in the order in which a request may name one. The first is what S3 computes where nothing is named.
    case crc64nvme, crc32, crc32c, sha1, sha256

    /// Those that S3 knows.
    static let s3: [StoreChecksum] = [.crc64nvme, .crc32, .crc32c, .sha1, .sha256]

    /// The header that carries a value.
    var header: String { self == .crc64ecma ? HeaderName.cosCRC64 : "x-amz-checksum-\(rawValue)" }
    /// The element that carries a value; its last part is what `x-amz-checksum-algorithm` says.
    var element: String { "Checksum\(algorithm)" }
    /// The value of `x-amz-checksum-algorithm`.
    var algorithm: String { rawValue.uppercased() }

    /// Its CRC; nil for a digest.
    var crc: CRC.Kind? {
        switch self {
        case .crc64ecma: .ecma
        case .crc64nvme: .nvme
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .sha1, .sha256: nil
        }
    }

    /// How long a value is.
    var byteCount: Int {
        switch self {
        case .crc64ecma, .crc64nvme: 8
        case .crc32, .crc32c: 4
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// A CRC as its header writes it.
    func text(crc value: UInt64) -> String {
        guard self != .crc64ecma else { return String(value) }
        let shifts = (0..<byteCount).reversed().map { UInt64(8 * $0) }
        return Base64.encoded(shifts.map { UInt8(truncatingIfNeeded: value >> $0) })
    }

    /// The number behind a CRC's text; nil for what is no such text.
    func crc(_ text: String) -> UInt64? {
        guard self != .crc64ecma else { return UInt64(text) }
        guard crc != nil, let bytes = Base64.decoded(text), bytes.count == byteCount else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Another value of the same form, for a fault.
    func wrong(_ text: String) -> String {
        if self == .crc64ecma, let value = UInt64(text) { return String(value ^ 1) }
        let first = text.hasPrefix("A") ? "B" : "A"
        return first + text.dropFirst()
    }
}

/// How the checksum of a multipart object comes from its parts'.
enum ChecksumType: String, Hashable, Sendable {
    /// It is that of all bytes.
    case fullObject = "FULL_OBJECT"
    /// It is that of the parts' checksums, with their number after it.
    case composite = "COMPOSITE"
}

/// A checksum of an object or of the parts of an upload: which, and what it says.
struct StoredChecksum: Hashable, Sendable {
    let kind: StoreChecksum
    let type: ChecksumType
    /// As the header writes it.
    let text: String

    init(_ kind: StoreChecksum, _ type: ChecksumType = .fullObject, _ text: String) {
        self.kind = kind
        self.type = type
        self.text = text
    }

    /// Of a whole from its parts.
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

/// A checksum of bytes as they come.
enum RunningChecksum: Sendable {
    case crc(StoreChecksum, CRC)
    case sha1(SHA1Stream)
    case sha256(SHA256Stream)

    init(_ kind: StoreChecksum) {
        self =
            switch kind {
            case .sha1: .sha1(SHA1Stream())
            case .sha256: .sha256(SHA256Stream())
            case .crc64ecma: .crc(kind, CRC(.ecma))
            case .crc64nvme: .crc(kind, CRC(.nvme))
            case .crc32: .crc(kind, CRC(.crc32))
            case .crc32c: .crc(kind, CRC(.crc32c))
            }
    }

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .crc(let kind, var crc):
            unsafe crc.update(bytes)
            self = .crc(kind, crc)
        case .sha1(var stream):
            unsafe stream.update(bytes)
            self = .sha1(stream)
        case .sha256(var stream):
            unsafe stream.update(bytes)
            self = .sha256(stream)
        }
    }

    mutating func take(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe update($0) } }

    /// The value of everything taken, as its header writes it.
    var text: String {
        switch self {
        case .crc(let kind, let crc): kind.text(crc: crc.value)
        case .sha1(let stream):
            Base64.encoded(
                [
                    stream.digest.words.0, stream.digest.words.1, stream.digest.words.2,
                    stream.digest.words.3,
                    stream.digest.words.4,
                ].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } })
        case .sha256(let stream): Base64.encoded(stream.digest)
        }
    }
}

/// A SHA-256 in progress (FIPS 180-4). OpenSSL does the work.
struct SHA256Stream: Sendable {
    private var context = SHA256_CTX()

    init() { unsafe SHA256_Init(&context) }

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        unsafe SHA256_Update(&context, start, bytes.count)
    }

    /// The 32 bytes of everything taken. The stream itself can go on.
    var digest: [UInt8] {
        var last = context
        var bytes = [UInt8](repeating: 0, count: 32)
        unsafe SHA256_Final(&bytes, &last)
        return bytes
    }

    /// The SHA-256 of `bytes`, in lower-case hex.
    static func hex(of bytes: [UInt8]) -> String {
        var stream = SHA256Stream()
        unsafe bytes.withUnsafeBytes { unsafe stream.update($0) }
        return stream.digest.map(\.hexDigits).joined()
    }
}
