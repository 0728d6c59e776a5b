import PlanCore
import PlanManifest
import Testing

@Suite("Version 2 of the manifest")
struct ManifestAPITests {
    /// The sample as a document of version 2 with this target.
    static func text(_ target: String, at end: Bool = false) -> String {
        let without = sample.replacing("cosplan: 1", with: "cosplan: 2")
            .replacing("target: {region: gz, appid: 1251668577, bucket: iainyu}\n", with: "")
        return end ? without + target + "\n" : without.replacing("files:\n", with: target + "\nfiles:\n")
    }

    static func rules(_ text: String, as override: PartialTarget = PartialTarget()) throws -> [Rule] {
        var keys = KeyRegistry(override: override)
        return try ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys).problems.map(\.rule)
    }

    @Test("version 2 without any of its keys is read; what is written of it says 1")
    func withoutKeys() throws {
        let manifest = try CheckedManifest(text: sample.replacing("cosplan: 1", with: "cosplan: 2"))
        #expect(manifest.documents.map(\.version) == [1])
        #expect(try CheckedManifest(text: Self.text("target: {api: json}")).documents.map(\.version) == [1])
    }

    @Test(
        "each of its keys under version 1 is told once a document, wherever cosplan stands",
        arguments: [
            "target: {api: xml}", "target: {endpoint: 'https://h'}", "target: {api: json}",
        ])
    func underVersionOne(target: String) throws {
        let text = Self.text(target).replacing("cosplan: 2\n", with: "")
        for placed in ["cosplan: 1\n" + text.dropFirst(4), text + "cosplan: 1\n"] {
            #expect(try Self.rules(placed).filter { $0 == .knownKey } == [.knownKey], "\(placed)")
        }
    }

    @Test("a document needs version 2 as soon as it has one of its keys")
    func version() throws {
        let sum = Checksum.ofNoBytes(.sha256)
        let headers = [
            DocumentHeader(datashaKind: .state, target: PartialTarget(api: .xml)),
            DocumentHeader(datashaKind: .state, target: PartialTarget(endpoint: try Endpoint("http://h"))),
            DocumentHeader(datashaKind: .state, target: PartialTarget(addressing: .path)),
            DocumentHeader(
                datashaKind: .state, shard: try Shard(index: 1, count: 2, list: sum, entries: sum)),
            DocumentHeader(datashaKind: .state, hasChecksums: true),
        ]
        for header in headers {
            #expect(header.version == 2)
            for format in ManifestFormat.allCases {
                let text = ManifestWriter(format: format, document: header).manifest(of: [])
                #expect(
                    String(decoding: text, as: UTF8.self).contains(
                        format == .yaml ? "cosplan: 2" : "\"cosplan\": 2"))
            }
        }
        #expect(DocumentHeader(datashaKind: .state, target: PartialTarget(api: .json)).version == 1)
    }

    @Test("the target is written in the order api, endpoint, addressing, region, appid, bucket")
    func targetOrder() throws {
        let target = PartialTarget(
            api: .xml, endpoint: try Endpoint("http://127.0.0.1:9000"), addressing: .host,
            region: try Region("gz"),
            appID: try AppID(1), bucket: try Bucket("b"))
        let header = DocumentHeader(datashaKind: .state, target: target)
        let yaml = String(
            decoding: ManifestWriter(format: .yaml, document: header).manifest(of: []), as: UTF8.self)
        #expect(
            yaml.contains(
                "target: {api: xml, endpoint: 'http://127.0.0.1:9000', addressing: host, region: gz, appid: 1, bucket: b}\n"
            ))
        #expect(try CheckedManifest(text: yaml).documents == [header])
        let json = String(
            decoding: ManifestWriter(format: .json, document: header).manifest(of: []), as: UTF8.self)
        #expect(
            json.contains(
                "\"target\": {\"api\": \"xml\", \"endpoint\": \"http://127.0.0.1:9000\", \"addressing\""))
        #expect(try CheckedManifest(text: json).documents == [header])
    }

    @Test("the API's rules hold wherever the target stands", arguments: [false, true])
    func targetAtTheEnd(atEnd: Bool) throws {
        func rules(_ target: String, key: String) throws -> [Rule] {
            try Self.rules(Self.text(target, at: atEnd).replacing("'/images/disk.img'", with: "'\(key)'"))
        }
        let long = "/" + String(repeating: "k", count: 851)
        // R32 applies to the JSON API only.
        #expect(try rules("target: {api: xml}", key: "/a*b") == [])
        #expect(Set(try rules("target: {api: json}", key: "/a*b")) == [.key, .slicingThreshold])
        #expect(Set(try rules("target: {}", key: "/a*b")) == [.key, .slicingThreshold])
        #expect(try rules("target: {api: xml}", key: long) == [.keyLength])
        #expect(try rules("target: {api: s3}", key: long) == [])
        #expect(try rules("target: {api: ftp}", key: long) == [.api])
    }

    @Test("an API given from outside decides which rules hold")
    func override() throws {
        let text = sample.replacing("'/images/disk.img'", with: "'/a*b'")
        #expect(Set(try Self.rules(text)) == [.key, .slicingThreshold])
        #expect(try Self.rules(text, as: PartialTarget(api: .xml)) == [])
        let xml = Self.text("target: {api: xml}").replacing("'/images/disk.img'", with: "'/a*b'")
        #expect(Set(try Self.rules(xml, as: PartialTarget(api: .json))) == [.key, .slicingThreshold])
    }

    @Test("keys collide within one target as the override leaves it")
    func collisions() throws {
        let json = sample
        let xml = Self.text("target: {api: xml, region: ap-guangzhou, appid: 1251668577, bucket: iainyu}")
        #expect(try !Self.rules(json + xml).contains(.uniqueKey))
        #expect(try Self.rules(json + xml, as: PartialTarget(api: .xml)).contains(.uniqueKey))
    }

    @Test("a share of a plan is read and written as it is")
    func shard() throws {
        let digest = String(repeating: "ab", count: 32)
        let text = Self.text("shard: {index: 3, of: 16, list: '\(digest)', entries: '\(digest)'}")
        let header = try #require(try CheckedManifest(text: text).documents.first)
        #expect(header.shard?.index == 3)
        #expect(header.shard?.count == 16)
        #expect(header.shard?.list.hex == digest)
        for format in ManifestFormat.allCases {
            let written = ManifestWriter(format: format, document: header).manifest(of: [])
            #expect(try CheckedManifest(text: String(decoding: written, as: UTF8.self)).documents == [header])
        }
    }

    @Test("checksums come back as they were written", arguments: ManifestFormat.allCases)
    func checksums(format: ManifestFormat) throws {
        let all = Checksums(ChecksumKind.allCases.map(Checksum.ofNoBytes))
        let file = PlannedFile(
            path: try LocalPath("a"), key: try ObjectKey("/a"), sha: .ofNoBytes, checksums: all,
            sliceSize: .standard,
            datashaKind: .state, partLayout: Layout(fileSize: 0, pieceSize: 64), parts: [])
        let header = DocumentHeader(datashaKind: .state, hasChecksums: true)
        let text = ManifestWriter(format: format, document: header).manifest(of: [file])
        let manifest = try CheckedManifest(text: String(decoding: text, as: UTF8.self))
        #expect(manifest.documents == [header])
        #expect(try ManifestWriterTests.files(manifest).first?.first?.checksums == all)
    }
}
