import Glibc
import PlanCore
import PlanDigest
import PlanFiles
import Testing

@testable import COSUpload

@Suite("Checked slices")
struct CheckedSliceSourceTests {
    func source(_ plan: PlannedFile, in folder: Folder) throws -> CheckedSliceSource {
        let job = UploadJob(plan: plan, target: try testTarget(), root: try folder.root())
        return CheckedSliceSource(try SizeCheckedFile(job), memory: BufferPool())
    }

    let reader = SliceReader(check: PartCheck(DigestEngine(jobs: 1)), threads: 1)

    func slice(_ source: CheckedSliceSource, _ range: ByteRange) async throws -> [UInt8] {
        let order = SliceReader.Order(source: source, opening: [1, 2], range: range, closing: [3])
        return try await reader.begin(order).body().withBytes { Array($0) }
    }

    @Test(
        "slices of any size are the file's bytes, whatever the size of its parts",
        arguments: [65_536, 131_072, 196_608], [65_536, 100_000, 131_072, 196_608, 1_000_000] as [Int64])
    func sizes(partSize: Int64, sliceSize: Int64) async throws {
        let folder = try Folder()
        for count in [1, 65_535, 65_536, 65_537, 393_216, 500_001] {
            let bytes = pattern(count)
            try folder.write("a", bytes)
            for kind in DatashaKind.allCases {
                let source = try source(try plan(bytes, partSize: partSize, kind: kind), in: folder)
                let slices = Layout(fileSize: Int64(count), pieceSize: sliceSize)
                for index in 0..<slices.count {
                    let range = slices.range(of: index)
                    let expected = [1, 2] + bytes[Int(range.offset)..<Int(range.end)] + [3]
                    #expect(try await slice(source, range) == expected)
                }
            }
        }
    }

    @Test("slices asked for in any order are the file's bytes")
    func anyOrder() async throws {
        let folder = try Folder()
        let bytes = pattern(500_001)
        try folder.write("a", bytes)
        let source = try source(try plan(bytes, partSize: 196_608), in: folder)
        let slices = Layout(fileSize: 500_001, pieceSize: 65_536)
        for index in [5, 0, 7, 7, 2, 1, 6, 3, 4] {
            let range = slices.range(of: index)
            #expect(
                try await slice(source, range) == [1, 2] + bytes[Int(range.offset)..<Int(range.end)] + [3])
        }
    }

    @Test(
        "one wrong byte fails every slice its part has bytes in, and no other",
        arguments: DatashaKind.allCases,
        [0, 131_071, 131_072, 393_215, 393_216, 400_000])
    func wrongByte(kind: DatashaKind, place: Int) async throws {
        let folder = try Folder()
        var bytes = pattern(400_001)
        let plan = try plan(bytes, partSize: 131_072, kind: kind)
        bytes[place] ^= 1
        try folder.write("a", bytes)
        let source = try source(plan, in: folder)
        let part = place / 131_072
        let partRange = plan.partLayout.range(of: part)
        let slices = Layout(fileSize: 400_001, pieceSize: 65_536)
        for index in 0..<slices.count {
            let range = slices.range(of: index)
            if range.offset < partRange.end, range.end > partRange.offset {
                let failure = UploadFailure.bytesDiffer(
                    path: plan.path, part: part, count: 4, range: partRange)
                await #expect(throws: failure) { try await slice(source, range) }
                #expect(failure.description.contains("a: part \(place / 131_072 + 1) of 4 (offset "))
            } else {
                #expect(try await slice(source, range).count == Int(range.length) + 3)
            }
        }
    }

    @Test(
        "slices of several files asked for together are each file's bytes; a wrong byte fails its own slice alone",
        arguments: DatashaKind.allCases, [1, 3])
    func together(kind: DatashaKind, threads: Int) async throws {
        let folder = try Folder()
        let reader = SliceReader(check: PartCheck(DigestEngine(jobs: 1)), threads: threads)
        let slices = Layout(fileSize: 700_001, pieceSize: 98_304)
        var asked: [(file: Int, slice: Int, body: PreparedBody)] = []
        var files: [[UInt8]] = []
        for file in 0..<3 {
            let name = "f\(file)"
            var bytes = pattern(700_001, seed: UInt64(file))
            let plan = try plan(bytes, path: name, partSize: 65_536, kind: kind)
            // Inside the third part, of which only the second slice has bytes.
            if file == 1 { bytes[150_000] ^= 1 }
            try folder.write(name, bytes)
            files.append(bytes)
            let source = try source(plan, in: folder)
            for slice in 0..<slices.count {
                let order = SliceReader.Order(
                    source: source, opening: [1, 2], range: slices.range(of: slice), closing: [3])
                asked.append((file, slice, reader.begin(order)))
            }
        }
        for (file, slice, body) in asked {
            let range = slices.range(of: slice)
            guard (file, slice) != (1, 1) else {
                await #expect(throws: UploadFailure.self) { try await body.body() }
                continue
            }
            let expected = [1, 2] + files[file][Int(range.offset)..<Int(range.end)] + [3]
            #expect(try await body.body().withBytes { Array($0) } == expected)
        }
    }

    @Test("the vendor's running states prove a 2,621,440-byte file cut at 512 KiB, and 1 MiB slices of it")
    func vendorVectors() async throws {
        let states = [
            "a0ac5bf5d8a544edbe3605aa92685399170c423f", "ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd",
            "788488d00b8d20fb144fb581d93f03967a0e9f04", "2ccc5923b75f46ebd8ccb78e8c413c18025178b9",
            "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0",
        ].compactMap { Digest(hex: $0) }
        let bytes = (0..<2_621_440).map { UInt8(truncatingIfNeeded: 31 * $0 + 7) }
        let layout = Layout(fileSize: 2_621_440, pieceSize: 524_288)
        let plan = PlannedFile(
            path: try LocalPath("a"), key: try ObjectKey("/a"), sha: states[4], sliceSize: .standard,
            datashaKind: .state, partLayout: layout,
            parts: (0..<5).map { Part(range: layout.range(of: $0), datasha: states[$0], sha1: nil) })
        let folder = try Folder()
        try folder.write("a", bytes)
        let source = try source(plan, in: folder)
        for offset in [0, 1_048_576, 2_097_152] {
            let length = min(1_048_576, 2_621_440 - offset)
            #expect(
                try await slice(source, ByteRange(offset: Int64(offset), length: Int64(length))).count
                    == length + 3
            )
        }
    }

    @Test(
        "parts of 16 MiB are checked; a longer one is refused before anything is read",
        arguments: [
            (16_777_216, 16_777_216, true), (16_777_216, 50 << 30, true), (16_777_217, 16_777_280, false),
            (50 << 30, 16_777_216, true), (50 << 30, 16_777_280, false), (50 << 30, 50 << 30, false),
        ] as [(Int64, Int64, Bool)])
    func longParts(fileSize: Int64, partSize: Int64, isTaken: Bool) async throws {
        let layout = Layout(fileSize: fileSize, pieceSize: partSize)
        let digest = try #require(Digest(hex: String(repeating: "0", count: 40)))
        let plan = PlannedFile(
            path: try LocalPath("a"), key: try ObjectKey("/a"), sha: digest, sliceSize: .standard,
            datashaKind: .state, partLayout: layout,
            parts: (0..<layout.count).map { Part(range: layout.range(of: $0), datasha: digest, sha1: nil) })
        let length = min(fileSize, partSize)
        let failure = UploadFailure.partTooLong(path: plan.path, length: length, limit: 16_777_216)
        #expect(UploadFailure.longPart(of: plan) == (isTaken ? nil : failure))
        let folder = try Folder()
        let job = UploadJob(plan: plan, target: try testTarget(), root: try folder.root())
        let missing = UploadFailure.source(
            .notFound(path: "a", folder: try ByteString(folder.root().path.text)))
        #expect(throws: isTaken ? missing : failure) { try SizeCheckedFile(job) }
        guard !isTaken else { return }
        #expect(
            failure.description
                == "a: its parts have \(length) bytes, and parts of 16777216 at most are checked, in memory; "
                + "plan the file again in smaller parts")
        #expect(failure.verdict == .planUnfit)
    }

    @Test("a file of another length is refused before anything is read", arguments: [99, 101])
    func otherLength(count: Int) async throws {
        let folder = try Folder()
        try folder.write("a", pattern(count))
        let plan = try plan(pattern(100))
        let job = UploadJob(plan: plan, target: try testTarget(), root: try folder.root())
        #expect(throws: UploadFailure.sizeDiffers(path: plan.path, planned: 100, found: Int64(count))) {
            try SizeCheckedFile(job)
        }
    }

    @Test("a file truncated after it was opened is an error of the source")
    func truncated() async throws {
        let folder = try Folder()
        try folder.write("a", pattern(200_000))
        let plan = try plan(pattern(200_000), partSize: 65_536)
        let source = try source(plan, in: folder)
        // In place: the open file itself becomes shorter.
        let path = folder.url.appending(path: "a").path
        #expect(truncate(path, 100_000) == 0)
        do {
            _ = try await slice(source, ByteRange(offset: 0, length: 200_000))
            Issue.record("a truncated file gave a slice")
        } catch let failure as UploadFailure {
            #expect(failure.verdict == .sourceDiffers)
        }
    }
}
