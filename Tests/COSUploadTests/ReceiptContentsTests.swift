import PlanCore
import ServiceCore
import Testing

@testable import COSUpload

/// A receipt as what should be at its keys.
@Suite("The objects of a receipt")
struct ReceiptContentsTests {
    static func line(
        _ key: String = "/a", api: String? = "s3", result: String = "uploaded", size: Int = 9,
        sha: String = AuditFindingTests.sha, proof: String? = nil, endpoint: String = "http://127.0.0.1:1",
        region: String = "us-east-1", appID: String = ""
    ) -> String {
        #"{"version":1,"result":"\#(result)","endpoint":"\#(endpoint)","region":"\#(region)",\#(appID)"#
            + #""bucket":"xy2","key":"\#(key)","path":"a","filesize":\#(size),"sha":"\#(sha)","datasha":"state","#
            + #""slices_sent":1,"slices_found":0,"urls":{},"request_ids":[],"started":"s","ended":"e","#
            + #""manifest_sha256":"00""# + (api.map { #","api":"\#($0)""# } ?? "")
            + (proof.map { #","proof":"\#($0)""# } ?? "") + "}"
    }

    static func read(_ text: String, override: PartialTarget = PartialTarget()) throws -> ReceiptContents {
        try ReceiptContents(MemoryByteSource(text), override: override)
    }

    @Test("a key without a good line is a failed upload, for the reason of its last line")
    func failedUploads() throws {
        func failed(_ key: String, _ reason: String, size: Int = 9) -> String {
            Self.line(key, result: "failed", size: size).dropLast() + #","error":"\#(reason)"}"#
        }
        let text =
            [
                failed("/a", "first"), failed("/b", "once"), Self.line("/b"), failed("/a", "last", size: 7),
                failed("/b", "later"), Self.line("/c", result: "failed"),
            ].joined(separator: "\n") + "\n"
        let contents = try Self.read(text)
        #expect(contents.objects.map(\.key.text) == ["/b"])
        #expect(contents.failedUploads.map(\.object.key.text) == ["/a", "/c"])
        #expect(contents.failedUploads.map(\.reason) == ["last", "no reason"])
        #expect(contents.failedUploads.map(\.object.fileSize) == [7, 9])
    }

    @Test("of each key the last good line counts, whatever failed later; order is that of the keys")
    func lastGood() throws {
        let text =
            [
                Self.line("/a", size: 1), Self.line("/b", size: 2), "", Self.line("/a", size: 3),
                Self.line("/a", result: "failed", size: 4), Self.line("/c", result: "already there", size: 5),
            ].joined(separator: "\n") + "\n"
        let contents = try Self.read(text)
        #expect(contents.objects.map(\.key.text) == ["/a", "/b", "/c"])
        #expect(contents.objects.map(\.fileSize) == [3, 2, 5])
        #expect(contents.damagedLines == [] && contents.tornLength == 0 && contents.lineCount == 6)
    }

    @Test(
        "the proof of a line is a digest to compare with, in the plan's form",
        arguments: [
            ("crc64nvme \(AuditFindingTests.nvme)", "crc64nvme \(AuditFindingTests.nvme)"),
            ("crc64ecma \(AuditFindingTests.ecma)", "crc64ecma \(AuditFindingTests.ecma)"),
            ("sha1 of parts abc=-3", "sha1 of parts abc=-3"),
            ("md5 of parts \(AuditFindingTests.md5)-3", "md5 of parts \(AuditFindingTests.md5)-3"),
            ("md5 \(AuditFindingTests.md5)", "md5 \(AuditFindingTests.md5)"),
            ("sha1 \(AuditFindingTests.shaBase64)", nil), ("size", nil), ("md5 of parts", nil),
            ("crc64ecma of parts", nil), ("crc64nvme ===", nil), ("nonsense", nil),
        ])
    func proofs(proof: String, digest: String?) throws {
        let object = try #require(try Self.read(Self.line(proof: proof) + "\n").objects.first)
        let sha = "sha1 \(AuditFindingTests.sha)"
        #expect(object.digests.map(\.description) == [sha] + [digest].compactMap(\.self))
    }

    @Test("a composite of the receipt is the same, or sent anew in other parts")
    func composites() throws {
        let composite = "\(AuditFindingTests.md5)-3"
        let object = try #require(
            try Self.read(Self.line(proof: "md5 of parts \(composite)") + "\n").objects.first)
        let same = AuditFinding(object, heldAgainst: AuditFindingTests.head(["etag": "\"\(composite)\""]))
        #expect(same == .same(by: ObjectDigest(etag: composite)))
        let other = AuditFinding(
            object, heldAgainst: AuditFindingTests.head(["etag": "\"\(AuditFindingTests.md5)-4\""]))
        guard case .cannotTell(.otherParts) = other else {
            Issue.record("\(other)")
            return
        }
    }

    @Test("lines that are none of push's are numbered, the others count; a torn last line is no line")
    func damaged() throws {
        let good = Self.line("/b")
        let text = [
            Self.line("/a"), String(good.dropLast(40)), good, "text", Self.line("no-slash"),
            Self.line("/c", sha: "x"), Self.line("/d", region: "a/b"), String(repeating: "x", count: 1 << 21),
            Self.line("/e"), String(Self.line("/f").dropLast()),
        ].joined(separator: "\n")
        let contents = try Self.read(text)
        #expect(contents.objects.map(\.key.text) == ["/a", "/b", "/e"])
        #expect(contents.damagedLines == [2, 4, 5, 6, 7, 8])
        #expect(contents.tornLength > 0 && contents.lineCount == 9)
        let whole = try Self.read(Self.line("/a") + "\n" + Self.line("/f"))
        #expect(whole.objects.count == 2 && whole.tornLength == 0)
    }

    @Test("a line's target is the receipt's, its endpoint too, with the caller's fields in place of its own")
    func targets() throws {
        let appID = #""appid":1251668577,"#
        let json = Self.line(
            api: nil, endpoint: "https://gz.file.myqcloud.com", region: "gz", appID: appID)
        let plain = try #require(try Self.read(json + "\n").objects.first?.target)
        #expect(plain.api == .json && "\(plain.endpoint)" == "https://gz.file.myqcloud.com")
        let moved = try #require(
            try Self.read(json + "\n", override: PartialTarget(region: Region("sh"))).objects.first?.target)
        #expect("\(moved.endpoint)" == "https://sh.file.myqcloud.com")
        let xml = try #require(
            try Self.read(json + "\n", override: PartialTarget(api: .xml)).objects.first?.target)
        #expect("\(xml.endpoint)" == "https://cos.ap-guangzhou.myqcloud.com")
        let own = Self.line(api: nil, endpoint: "http://127.0.0.1:9", region: "gz", appID: appID)
        #expect(
            try Self.read(own + "\n").objects.first.map { "\($0.target.endpoint)" } == "http://127.0.0.1:9")
        #expect(throws: ReceiptTargetError.incomplete(line: 1, missing: ["bucket"])) {
            try Self.read(json + "\n", override: PartialTarget(api: .s3))
        }
    }

    @Test(
        "a receipt is known by its first line that has text; a manifest is none",
        arguments: [
            (line() + "\n", true), ("\n\n" + line() + "\n", true), (line(), true),
            (#"{"version":2,"result":"new"}"#, true), (#"{"version":1,"name":"a"}"#, false), ("", false),
            ("---\ncosplan: 1\n", false), (#"{"cosplan":1,"files":[]}"#, false), ("{", false),
            (#"{"version":1,"result":"#, false),
        ])
    func beginnings(text: String, isReceipt: Bool) throws {
        #expect(try ReceiptContents.begins(MemoryByteSource(text)) == isReceipt)
    }
}
