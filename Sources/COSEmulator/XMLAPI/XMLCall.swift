import NIOCore
import NIOHTTP1
import PlanCore
import ServiceCore
import XMLProtocol

/// A request of the XML API or S3 that was read, parsed and authorized.
struct XMLCall: Sendable {
    let operation: XMLOperation
    let target: XMLRequestTarget
    /// The object of the request; nil if it is the bucket.
    let address: ObjectAddress?
    /// The request id of the reply.
    let requestID: String
    /// The emulator's clock, Unix seconds; a fault may have moved it.
    let now: Int64
    /// The fault that applies to it.
    let fault: FaultAction?
    let headers: HTTPHeaders
    let dialect: EmulatedDialect

    /// The object of the request, which must not be the bucket.
    func object() throws(XMLRefusal) -> ObjectAddress {
        guard let address else { throw .notEmulated("\(operation) of a bucket") }
        return address
    }
}

/// The bytes of an object or a part, received and hashed.
struct ReceivedContent: Sendable {
    /// **Unit**: bytes.
    let length: Int64
    let md5: [UInt8]
    /// The checksum, as its header writes it.
    let checksum: String
    /// The SHA-256 in hex; nil if it is not signed.
    let payloadHash: String?
    /// The name of the file that holds them, if they are stored.
    let fileName: String
    /// The write error if the file is incomplete.
    let failure: StoreError?
    let sent: SentDigests

    /// Lower-case hex.
    var md5Hex: String { md5.hexText }

    /// Checks the bytes against the headers.
    ///
    /// - Throws: ``XMLRefusal`` if they differ from what was announced, or were not stored.
    func check() throws(XMLRefusal) {
        if let failure { throw .failed("\(failure)") }
        if let announced = sent.length, announced != length {
            throw XMLRefusal(400, "IncompleteBody", "Content-Length is \(announced), \(length) bytes came")
        }
        if let announced = sent.md5, announced != md5 {
            throw XMLRefusal(
                400, "BadDigest", "Content-MD5 is not that of the body, \(Base64.encoded(md5))")
        }
        if let announced = sent.checksum, announced.text != checksum {
            throw XMLRefusal(
                400, "BadDigest", "\(announced.kind.header) is not that of the body, \(checksum)")
        }
        if let announced = sent.payloadHash, announced != payloadHash {
            throw XMLRefusal(
                400, "XAmzContentSHA256Mismatch", "x-amz-content-sha256 is not that of the body")
        }
    }
}

/// The length and digest that headers announce for a body.
struct SentDigests: Hashable, Sendable {
    /// `Content-Length`.
    var length: Int64?
    /// `Content-MD5`, decoded.
    var md5: [UInt8]?
    /// `x-amz-checksum-…` of S3.
    var checksum: StoredChecksum?
    /// `x-amz-content-sha256` of S3, if it is a hash.
    var payloadHash: String?

    init() {}

    /// Reads the headers.
    ///
    /// - Throws: ``XMLRefusal`` if one is malformed.
    init(_ headers: HTTPHeaders, _ dialect: EmulatedDialect) throws(XMLRefusal) {
        length = headers.first(name: "content-length").flatMap { Int64($0) }
        if let text = headers.first(name: HeaderName.contentMD5) {
            guard let digest = Base64.decoded(text), digest.count == 16 else {
                throw XMLRefusal(400, "InvalidDigest", "Content-MD5 is not base64 of 16 bytes")
            }
            md5 = digest
        }
        guard dialect == .s3 else { return }
        checksum = try Self.checksum(headers)
        payloadHash = try Self.payloadHash(headers)
    }

    /// The checksum of S3 in the headers.
    static func checksum(_ headers: HTTPHeaders) throws(XMLRefusal) -> StoredChecksum? {
        var found: StoredChecksum?
        for kind in StoreChecksum.s3 {
            guard let text = headers.first(name: kind.header) else { continue }
            guard found == nil else {
                throw XMLRefusal(400, "InvalidRequest", "two headers x-amz-checksum-…")
            }
            guard let bytes = Base64.decoded(text), bytes.count == kind.byteCount else {
                throw XMLRefusal(
                    400, "InvalidRequest", "\(kind.header) is not base64 of \(kind.byteCount) bytes")
            }
            found = StoredChecksum(kind, .fullObject, text)
        }
        return found
    }

    private static func payloadHash(_ headers: HTTPHeaders) throws(XMLRefusal) -> String? {
        guard let text = headers.first(name: HeaderName.amzContentSHA256), text != "UNSIGNED-PAYLOAD" else {
            return nil
        }
        guard !text.hasPrefix("STREAMING-") else {
            throw .notEmulated("a body in signed chunks (aws-chunked)")
        }
        return text
    }
}
