import COSProtocol
import PlanCore
import ServiceCore
import Testing
import XMLProtocol

@testable import COSUpload

/// What is at a key, held against the plan.
///
/// The digests are those of `123456789`, by the standards' own check values, by sha1sum, sha256sum and
/// md5sum.
@Suite("What is at a key, held against what should be there")
struct AuditFindingTests {
    static let sha = "f7c3bc1d808e04732adf679965ccc34ca7ae3441"
    static let shaBase64 = "98O8HYCOBHMq32eZZczDTKeuNEE="
    static let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
    static let sha256Base64 = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="
    static let md5 = "25f9e794323b453885f5181f1b624d0b"
    static let ecma = "11051210869376104954"
    static let nvme = "rosUhgp5mIg="

    static func object(
        _ checksums: [ChecksumKind: String] = [:], key: String = "/a", size: Int64 = 9,
        api: ServiceAPI = .s3
    ) throws -> AuditedObject {
        let digest = try #require(Digest(hex: size == 0 ? Digest.ofNoBytes.hex : sha))
        let layout = Layout(fileSize: size, pieceSize: 1_048_576)
        let plan = PlannedFile(
            path: try LocalPath("a"), key: try ObjectKey(key), sha: digest,
            checksums: Checksums(
                try checksums.map { try #require(Checksum($0.key, text: Array($0.value.utf8))) }),
            sliceSize: .standard, datashaKind: .state, partLayout: layout,
            parts: layout.count == 0
                ? [] : [Part(range: layout.range(of: 0), datasha: digest, sha1: nil)])
        return AuditedObject(plan, at: try AuditTarget.of(api))
    }

    static func head(_ headers: [String: String], length: String? = "9") -> StoredObject {
        var headers = headers
        headers["content-length"] = length
        return StoredObject(ReplyFields(headers))
    }

    @Test(
        "the same by the digest that both have, whatever form it is answered in",
        arguments: [
            (["x-cos-hash-crc64ecma": ecma], [ChecksumKind.crc64ecma: ecma], "crc64ecma \(ecma)"),
            (["x-amz-checksum-crc64nvme": nvme], [.crc64nvme: nvme], "crc64nvme \(nvme)"),
            (["x-amz-checksum-sha256": sha256Base64], [.sha256: sha256], "sha256 \(sha256)"),
            (["x-amz-checksum-sha1": shaBase64], [:], "sha1 \(sha)"),
            (["etag": "\"\(md5.uppercased())\""], [.md5: md5], "md5 \(md5)"),
            // An ETag that is no MD5 of the bytes beside a checksum that agrees.
            (
                ["etag": "\"00000000000000000000000000000000\"", "x-amz-checksum-crc64nvme": nvme],
                [.crc64nvme: nvme, .md5: md5], "crc64nvme \(nvme)"
            ),
        ] as [([String: String], [ChecksumKind: String], String)])
    func same(headers: [String: String], checksums: [ChecksumKind: String], digest: String) throws {
        let finding = AuditFinding(try Self.object(checksums), heldAgainst: Self.head(headers))
        guard case .same(let found?) = finding else {
            Issue.record("\(finding)")
            return
        }
        #expect(found.description == digest)
    }

    @Test(
        "another digest is another object, however many others agree, and both values are told",
        arguments: [
            (
                ["x-cos-hash-crc64ecma": "1"], [ChecksumKind.crc64ecma: ecma], "crc64ecma \(ecma)",
                "crc64ecma 1"
            ),
            (
                ["x-amz-checksum-crc64nvme": nvme, "x-amz-checksum-sha256": sha256Base64],
                [.crc64nvme: nvme, .sha256: md5 + md5], "sha256 \(md5)\(md5)", "sha256 \(sha256)"
            ),
            (["etag": "\"\(sha.prefix(32))\""], [.md5: md5], "md5 \(md5)", "md5 \(sha.prefix(32))"),
        ] as [([String: String], [ChecksumKind: String], String, String)])
    func differs(
        headers: [String: String], checksums: [ChecksumKind: String], planned: String, found: String
    ) throws {
        let finding = AuditFinding(try Self.object(checksums), heldAgainst: Self.head(headers))
        guard case .differs(.digest(let recorded, let answered)) = finding else {
            Issue.record("\(finding)")
            return
        }
        #expect(recorded.description == planned && answered.description == found)
    }

    @Test(
        "another size differs, whatever the digests say; nothing there is missing; no bytes are proved by the size"
    )
    func sizes() throws {
        let object = try Self.object([.crc64nvme: Self.nvme])
        let stored = Self.head(["x-amz-checksum-crc64nvme": Self.nvme], length: "10")
        #expect(
            AuditFinding(object, heldAgainst: stored) == .differs(.size(recorded: 9, found: 10)))
        #expect(AuditFinding(object, heldAgainst: nil) == .missing)
        let empty = try Self.object(size: 0)
        #expect(AuditFinding(empty, heldAgainst: Self.head([:], length: "0")) == .same(by: nil))
        #expect(
            AuditFinding(empty, heldAgainst: Self.head([:], length: "1"))
                == .differs(.size(recorded: 0, found: 1)))
        #expect(AuditFinding(object, heldAgainst: Self.head([:], length: nil)) == .cannotTell(.noSize))
        #expect(AuditFinding(object, heldAgainst: Self.head([:], length: "-9")) == .cannotTell(.noSize))
    }

    @Test("without a digest that both have nobody can tell, and what the store answers is told")
    func cannotTell() throws {
        func finding(_ headers: [String: String], _ checksums: [ChecksumKind: String] = [:]) throws
            -> AuditFinding
        { AuditFinding(try Self.object(checksums), heldAgainst: Self.head(headers)) }
        #expect(try finding([:]) == .cannotTell(.noDigest))
        #expect(try finding(["x-cos-hash-crc64ecma": "-1"]) == .cannotTell(.noDigest))
        #expect(
            try finding(["x-cos-hash-crc64ecma": Self.ecma], [.crc64nvme: Self.nvme])
                == .cannotTell(.notRecorded([.crc64ecma])))
        #expect(
            try finding(["x-amz-checksum-crc64nvme": Self.nvme, "etag": "\"\(Self.md5)\""])
                == .cannotTell(.notRecorded([.crc64nvme, .md5])))
        // The service's own encryption: the ETag is no MD5.
        #expect(
            try finding(["etag": "\"\(Self.md5)\"", "x-amz-server-side-encryption": "aws:kms"])
                == .cannotTell(.noDigest))
        guard case .cannotTell(.ofPartsOnly(let parts)) = try finding(["etag": "\"\(Self.md5)-3\""]) else {
            Issue.record("a composite is no digest of the whole")
            return
        }
        #expect(parts.description == "md5 of parts \(Self.md5)-3")
    }

    @Test("stat's sha tells, where it is one; two sizes are none")
    func stat() throws {
        func finding(_ json: String) throws -> AuditFinding {
            let value = try #require(JSONValue(json: Array(json.utf8)))
            return AuditFinding(
                try Self.object(api: .json), heldAgainst: StoredObject(StatOperation.Reply(ReplyData(value))))
        }
        let upper = Self.sha.uppercased()
        for text in [Self.sha, upper, Self.sha + "_1"] {
            let same = try finding(#"{"filelen":9,"sha":"\#(text)"}"#)
            #expect(same == .same(by: ObjectDigest(statSHA: Self.sha)), "\(text)")
        }
        let other = String(repeating: "0", count: 40)
        guard case .differs(.digest(_, let found)) = try finding(#"{"filelen":9,"sha":"\#(other)"}"#) else {
            Issue.record("another sha")
            return
        }
        #expect(found.text == other)
        #expect(try finding(#"{"filelen":9}"#) == .cannotTell(.noDigest))
        #expect(try finding(#"{"filelen":9,"sha":"x"}"#) == .cannotTell(.noDigest))
        #expect(try finding(#"{"filelen":9,"filesize":8}"#) == .cannotTell(.noSize))
        #expect(try finding(#"{"filesize":"8"}"#) == .differs(.size(recorded: 9, found: 8)))
    }
}

/// Where audited objects are.
enum AuditTarget {
    static func of(_ api: ServiceAPI) throws -> Target {
        switch api {
        case .json: try testTarget()
        case .xml:
            .xml(
                try XMLTarget(
                    region: Region("ap-beijing", for: .xml), appID: AppID(1_250_000_000),
                    bucket: Bucket("xy2", for: .xml)))
        case .s3:
            .s3(try S3Target(bucket: Bucket("xy2", for: .s3), endpoint: Endpoint("http://127.0.0.1:1")))
        }
    }
}
