import COSProtocol
import PlanCore
import ServiceCore
import XMLProtocol

/// A digest of a whole object, from a store's reply, a plan or a receipt.
package struct ObjectDigest: Hashable, Sendable, CustomStringConvertible {
    /// The kind of digest.
    ///
    /// The raw value is its name in messages.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case sha1, sha256, crc64ecma, crc64nvme, md5
        /// S3's composite of the parts' SHA-1s; it depends on the part size.
        case sha1OfParts = "sha1 of parts"
        /// The same with MD5: the usual ETag of a multipart upload.
        case md5OfParts = "md5 of parts"

        /// The checksum kind of a plan; nil for a composite, and for `sha`, which every plan has.
        package var checksum: ChecksumKind? {
            switch self {
            case .sha256: .sha256
            case .crc64ecma: .crc64ecma
            case .crc64nvme: .crc64nvme
            case .md5: .md5
            case .sha1, .sha1OfParts, .md5OfParts: nil
            }
        }

        /// Whether it depends on the parts, not only on the bytes.
        var isOfParts: Bool {
            switch self {
            case .sha1OfParts, .md5OfParts: true
            case .sha1, .sha256, .crc64ecma, .crc64nvme, .md5: false
            }
        }
    }

    /// The kind.
    package let kind: Kind
    /// The value as a manifest writes it; a composite as S3 writes it.
    package let text: String

    /// For example `crc64ecma 11051210869376104954`.
    package var description: String { "\(kind.rawValue) \(text)" }

    /// The SHA-1 of a whole file.
    init(sha: Digest) {
        kind = .sha1
        text = sha.hex
    }

    /// A checksum of a plan, or a computed one.
    init(_ checksum: Checksum) {
        kind =
            switch checksum.kind {
            case .crc64ecma: .crc64ecma
            case .crc64nvme: .crc64nvme
            case .md5: .md5
            case .sha256: .sha256
            }
        text = checksum.text
    }

    /// The proof in a receipt; nil if it is not a digest of the whole object.
    init?(_ proof: UploadProof) {
        guard let value = proof.value else { return nil }
        switch proof.kind {
        case .crc64ecma: self.init(.crc64ecma, value)
        case .crc64nvme: self.init(.crc64nvme, value)
        case .sha1: self.init(sha1: value)
        case .sha1OfParts: self.init(composite: value, of: .sha1OfParts)
        case .md5: self.init(.md5, value)
        case .md5OfParts: self.init(composite: value, of: .md5OfParts)
        case .crc64ecmaOfParts, .size: return nil
        }
    }

    /// Parses a checksum; nil for text of another form.
    private init?(_ kind: ChecksumKind, _ text: String) {
        guard let checksum = Checksum(kind, text: Array(text.utf8)) else { return nil }
        self.init(checksum)
    }

    /// A composite in S3's form.
    private init(composite text: String, of kind: Kind) {
        self.kind = kind
        self.text = text
    }

    /// Parses S3's SHA-1: base64 for a whole object, or a composite.
    init?(sha1 text: String) {
        if Self.isComposite(text) {
            (kind, self.text) = (.sha1OfParts, text)
            return
        }
        guard let bytes = Base64.decoded(text), bytes.count == 20 else { return nil }
        (kind, self.text) = (.sha1, bytes.hexText)
    }

    /// Parses S3's SHA-256 of a whole object; nil for a composite.
    init?(sha256 text: String) {
        guard let bytes = Base64.decoded(text), bytes.count == 32 else { return nil }
        self.init(Checksum(.sha256, bytes: bytes))
    }

    /// Parses an ETag that is an MD5, or the usual composite of the parts' MD5s; nil for any other.
    init?(etag: String) {
        let bare = ETag.bare(etag).lowercased()
        if let md5 = ETag.md5(etag) {
            (kind, text) = (.md5, md5.hexText)
        } else if Self.isComposite(bare), bare.utf8.prefix(32).allSatisfy(Self.isHexDigit),
            bare.utf8.dropFirst(32).first == UInt8(ascii: "-")
        {
            (kind, text) = (.md5OfParts, bare)
        } else {
            return nil
        }
    }

    /// Parses the sha in a stat reply; nil if it is not a SHA-1.
    init?(statSHA text: String) {
        guard let digest = Digest(hex: text) else { return nil }
        self.init(sha: digest)
    }

    /// Whether `text` ends in `-` and a number of parts.
    private static func isComposite(_ text: String) -> Bool {
        let pieces = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard pieces.count == 2, !pieces[0].isEmpty, !pieces[1].isEmpty else { return false }
        return pieces[1].allSatisfy { (48...57).contains($0) }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
