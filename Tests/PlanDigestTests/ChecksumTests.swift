import Foundation
import PlanCore
import PlanDigest
import Testing

@Suite("Checksums of planned files")
struct ChecksumTests {
    private static let all = Set(ChecksumKind.allCases)

    /// The checksums of the pattern's first bytes, by Python: hashlib, and CRC-64 as in
    /// `Tests/CCRC64Tests/crc64.py`.
    private static let pattern: [(length: Int, texts: [String])] = [
        (
            0,
            [
                "0",
                "AAAAAAAAAAA=",
                "d41d8cd98f00b204e9800998ecf8427e",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ]
        ),
        (
            1,
            [
                "2582559429254684254",
                "nQukbCfzqiw=",
                "89e74e640b8c46257a29de0616794d5d",
                "ca358758f6d27e6cf45272937977a748fd88391db679ceda7dc7bf1f005ee879",
            ]
        ),
        (
            63,
            [
                "11021987937096340637",
                "SANiGl/s/wI=",
                "2f0301069e1c40af7f6c8f843b1b13f2",
                "280ed3e8ff1df845b2e7dfe6ac6cee817bef20e783cc65abc41b818b4d2fe076",
            ]
        ),
        (
            64,
            [
                "5865719672286466122",
                "5v4zX0D7kec=",
                "b6bf87c24b1bc334e2541387a92b981b",
                "c6ab9724ade5b6a7a1edfffb12f3aa9181351355af8fd08c919952ad211339dd",
            ]
        ),
        (
            65_535,
            [
                "4738370422146588450",
                "b5uqMLJnKeY=",
                "457c4b265a54d8d085df00039cbc4b02",
                "91d0a03af0efeeb5568bbdcf2bd7fe1c9d932c4d22db3643c7586c1bd1afbeb1",
            ]
        ),
        (
            65_536,
            [
                "12759733899903363160",
                "RBYjuk9gugk=",
                "f19c01fa0371e3c9070b45a85c696c48",
                "ef4636928161808e87035fa51983821677527ccd9661991c5d0126a778b2268a",
            ]
        ),
        (
            65_537,
            [
                "14837678841872645176",
                "RD2uM8WdvZo=",
                "4a350bec80793ccdb466fb6d631ff062",
                "74f3260f4a9adaf7271c910ba2d111dbae7a176afb487e1b7f655897eadf1093",
            ]
        ),
        (
            131_072,
            [
                "11590145759969360943",
                "+WylTqhHBJg=",
                "c333c7a1bf9a19d9ace0f6ee9e5ff86d",
                "2af5d3dffc8442daccee445639ed726c2148eb693ee20407214076bc65c14fc3",
            ]
        ),
        (
            131_073,
            [
                "1412930106196407953",
                "2WJIbyW6tWk=",
                "7ada848f3851987e738caf559845054f",
                "6f9244c4018eeb50e08d057865b9ac4c3df58fbd9362e8cbb74546f3501fa660",
            ]
        ),
        (
            262_144,
            [
                "3077226426936223869",
                "q8MWMS7hEcY=",
                "7c9bf00fd6836f46b8d3b6f4d18e9298",
                "d30eb241f95e7c37c033251a78eae1610ac9b02dc99625442158180d35818c1b",
            ]
        ),
        (
            700_001,
            [
                "17641269953568217667",
                "jDBvyBp7Grg=",
                "bb9a5a747c9f8f453940564931d28881",
                "0ebbd0ae16cd383e69b391db65345ca4912a675dbc3677bcead8da284a6e2d62",
            ]
        ),
    ]

    private func checksums(_ texts: [String]) throws -> Checksums {
        Checksums(
            try zip(ChecksumKind.allCases, texts).map { kind, text in
                try #require(Checksum(kind, text: Array(text.utf8)))
            })
    }

    @Test("a file alone has its checksums, on one thread and on several", arguments: [1, 2, 3])
    func alone(_ jobs: Int) throws {
        let folder = try TestFolder()
        for (length, texts) in Self.pattern {
            try folder.write("f", patternBytes(length))
            let expected = try checksums(texts)
            for kinds in [Self.all, [.crc64ecma], [.sha256, .crc64nvme], [.md5], []] {
                for withSHA1 in [true, false] {
                    let request = try folder.request(
                        "f", size: Int64(length), withSHA1: withSHA1, checksums: kinds)
                    var found: [FileDigest] = []
                    DigestEngine(jobs: jobs).plan([request]) { _, result in
                        if let digest = try? result.get() { found.append(digest) }
                        return true
                    }
                    #expect(found.first?.checksums.all == expected.all.filter { kinds.contains($0.kind) })
                    let again = referenceParts(patternBytes(length), partSize: 65_536, withSHA1: withSHA1)
                    #expect(found.first?.sha == again.sha && found.first?.parts == again.parts)
                }
            }
        }
    }

    @Test(
        "files side by side have theirs, wherever their parts are hashed",
        arguments: [(3, 2), (16, 2), (40, 1), (40, 3)])
    func batch(_ shape: (files: Int, jobs: Int)) throws {
        let folder = try TestFolder()
        var requests: [PlanRequest] = []
        var expected: [Checksums] = []
        for index in 0..<shape.files {
            let (length, texts) = Self.pattern[index % Self.pattern.count]
            try folder.write("f\(index)", patternBytes(length))
            requests.append(try folder.request("f\(index)", size: Int64(length), checksums: Self.all))
            expected.append(try checksums(texts))
        }
        var found: [Int: Checksums] = [:]
        DigestEngine(jobs: shape.jobs, functions: [.portable]).plan(requests) { index, result in
            found[index] = (try? result.get())?.checksums
            return true
        }
        for index in expected.indices { #expect(found[index] == expected[index], "file \(index)") }
    }

    @Test(
        "a check of several files proves their checksums, and names the one that is damaged",
        arguments: [1, 2])
    func check(_ jobs: Int) throws {
        let folder = try TestFolder()
        var plans: [PlannedFile] = []
        var expected: [[Finding]] = []
        for (index, (length, texts)) in (Self.pattern + Self.pattern).enumerated() {
            try folder.write("f\(index)", patternBytes(length))
            let (sha, parts) = referenceParts(patternBytes(length), partSize: 65_536)
            var checksums = try checksums(texts)
            let kind = ChecksumKind.allCases[index % 4]
            let damaged = Checksum(kind, bytes: [UInt8](repeating: 1, count: kind.byteCount))
            let isDamaged = index % 3 == 1
            expected.append(
                isDamaged
                    ? [.damagedChecksum(recorded: damaged, computed: try #require(checksums[kind]))] : [])
            if isDamaged { checksums[kind] = damaged }
            plans.append(
                PlannedFile(
                    path: try LocalPath(ByteString("f\(index)")), key: try ObjectKey("/f"), sha: sha,
                    checksums: checksums, sliceSize: .standard, datashaKind: .state,
                    partLayout: Layout(fileSize: Int64(length), pieceSize: 65_536), parts: parts))
        }
        var next = plans.makeIterator()
        var found: [[Finding]] = []
        try DigestEngine(jobs: jobs).check(
            next: { next.next().map { CheckRequest(open: folder.opening($0.path), plan: $0) } },
            finished: { result in
                found.append(try result.get().findings)
                return true
            })
        #expect(found == expected)
    }
}
