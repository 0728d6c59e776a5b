import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("Mapped windows")
struct FileWindowTests {
    private let page = Int64(sysconf(Int32(_SC_PAGESIZE)))

    private func open(_ folder: TemporaryFolder, _ bytes: [UInt8]) throws -> OpenFile {
        try folder.write("f", bytes)
        return try folder.root().open(LocalPath("f"))
    }

    @Test(
        "a window holds exactly the range's bytes, wherever it begins",
        arguments: [
            (0, 0), (0, 1), (0, 4096), (0, 20_000), (1, 4095), (1, 4096), (4095, 2), (4096, 1), (4097, 8193),
            (19_999, 1), (20_000, 0),
        ] as [(Int64, Int64)])
    func bytes(offset: Int64, length: Int64) throws {
        let folder = try TemporaryFolder()
        let content = pattern(20_000)
        let file = try open(folder, content)
        let window = try FileWindow(file, range: ByteRange(offset: offset, length: length))
        window.populate(window.range)
        #expect(Array(window.bytes) == Array(content[Int(offset)..<Int(offset + length)]))
        #expect(!window.faulted)
        window.close()
        window.close()
        #expect(!window.faulted)
    }

    @Test(
        "where mapping is refused the bytes are read into memory, as many as asked for at most",
        arguments: [(0, 0), (0, 1), (1, 4095), (4095, 2), (4097, 8193), (0, 20_000)] as [(Int64, Int64)],
        [1, 4096, .max] as [Int64])
    func copied(_ place: (offset: Int64, length: Int64), limit: Int64) throws {
        let folder = try TemporaryFolder()
        let content = pattern(20_000)
        let file = try open(folder, content)
        let asked = ByteRange(offset: place.offset, length: place.length)
        let window = try FileWindow(file, range: asked, copyLimit: limit, mapping: false)
        #expect(window.range.offset == place.offset)
        #expect(window.range.length == min(place.length, limit))
        window.populate(window.range)
        #expect(Array(window.bytes) == Array(content[Int(place.offset)...].prefix(Int(window.range.length))))
        // It keeps its bytes even if the file is truncated now.
        #expect(truncate(folder("f"), 0) == 0)
        #expect(Array(window.bytes) == Array(content[Int(place.offset)...].prefix(Int(window.range.length))))
        #expect(!window.faulted)
        window.discard(window.range)
        window.close()
        window.close()
        #expect(!window.faulted)
        guard place.length > 0 else { return }
        #expect(throws: FileError.truncated(path: "f", before: 20_000, now: 0)) {
            try FileWindow(file, range: asked, copyLimit: limit, mapping: false)
        }
    }

    @Test(
        "a file that the system reads and does not map is read",
        .enabled(if: access("/sys/kernel/notes", R_OK) == 0, "needs a readable /sys/kernel/notes"))
    func unmappable() throws {
        let expected = Array(try #require(FileManager.default.contents(atPath: "/sys/kernel/notes")))
        let file = try Root(path: "/sys/kernel").open(LocalPath("notes"))
        let range = ByteRange(offset: 0, length: Int64(expected.count))
        let window = try FileWindow(file, range: range)
        #expect(Array(window.bytes) == expected)
        window.close()
    }

    @Test("a file cut while it is mapped reads as zeros from the cut on, and the window says so")
    func cut() throws {
        let folder = try TemporaryFolder()
        let content = pattern(Int(page) * 8)
        let file = try open(folder, content)
        let window = try FileWindow(file, range: ByteRange(offset: 0, length: page * 8))
        #expect(truncate(folder("f"), off_t(page * 3)) == 0)
        window.populate(window.range)
        #expect(!window.faulted)
        #expect(Array(window.bytes.prefix(Int(page) * 3)) == Array(content.prefix(Int(page) * 3)))
        #expect(!window.faulted)
        #expect(window.bytes.dropFirst(Int(page) * 3).allSatisfy { $0 == 0 })
        #expect(window.faulted)
        window.close()
        #expect(window.faulted)
        #expect(throws: FileError.truncated(path: "f", before: page * 8, now: page * 3)) {
            try file.checkUnchanged()
        }
    }

    @Test(
        "what is given back leaves memory, and the bytes behind it stay as they are",
        arguments: [0, 1, 100, 4095, 4096, 5000, 20_000] as [Int64])
    func discard(end: Int64) throws {
        let folder = try TemporaryFolder()
        let content = pattern(40_000)
        let file = try open(folder, content)
        let lead: Int64 = 4_100
        let range = ByteRange(offset: lead, length: 40_000 - lead)
        let window = try FileWindow(file, range: range)
        window.populate(range)
        #expect(Array(window.bytes) == Array(content[Int(lead)...]))
        window.discard(ByteRange(offset: lead, length: min(end, range.length)))
        #expect(Array(window.bytes.dropFirst(Int(end))) == Array(content.dropFirst(Int(lead + end))))
        #expect(!window.faulted)
        // Whole pages before the end were discarded; the page that contains it and the pages after it were
        // kept.
        let firstPage = lead / page
        let inMemory = try residentPages(window)
        for (index, isResident) in inMemory.enumerated() where firstPage + Int64(index) >= (lead + end) / page
        {
            #expect(isResident, "page \(index)")
        }
    }

    /// Which pages of the window are mapped in the process (bit 63 of `/proc/self/pagemap`).
    private func residentPages(_ window: FileWindow) throws -> [Bool] {
        let start = try #require(window.bytes.baseAddress)
        let first = UInt(bitPattern: start) / UInt(page)
        let last = (UInt(bitPattern: start) + UInt(window.bytes.count) - 1) / UInt(page)
        let map = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/pagemap"))
        defer { try? map.close() }  // Only read: nothing can be lost.
        return try (first...last).map { number in
            try map.seek(toOffset: UInt64(number) * 8)
            let entry = try #require(try map.read(upToCount: 8))
            return entry[entry.startIndex + 7] & 0x80 != 0
        }
    }

    @Test("a cut inside the last page raises no signal; only the file's identity shows it")
    func cutInsideLastPage() throws {
        let folder = try TemporaryFolder()
        let file = try open(folder, pattern(Int(page)))
        let window = try FileWindow(file, range: ByteRange(offset: 0, length: page))
        #expect(truncate(folder("f"), 10) == 0)
        #expect(window.bytes.dropFirst(10).allSatisfy { $0 == 0 })
        #expect(!window.faulted)
        #expect(throws: FileError.truncated(path: "f", before: page, now: 10)) { try file.checkUnchanged() }
    }

    @Test("a range beyond the file's end is mapped, reads as zeros and says so")
    func beyondEnd() throws {
        let folder = try TemporaryFolder()
        let file = try open(folder, pattern(10))
        let window = try FileWindow(file, range: ByteRange(offset: 0, length: page * 2))
        #expect(window.bytes.dropFirst(Int(page)).allSatisfy { $0 == 0 })
        #expect(window.faulted)
    }

    @Test("threads reading windows of files cut under them all survive, and only the cut ones are marked")
    func threads() throws {
        let folder = try TemporaryFolder()
        let content = pattern(Int(page) * 16)
        let count = 8
        for index in 0..<count { try folder.write("f\(index)", content) }
        let root = try folder.root()
        let page = page
        DispatchQueue.concurrentPerform(iterations: count) { index in
            for round in 0..<10 {
                do {
                    try folder.write("f\(index)", content)
                    let file = try root.open(LocalPath(ByteString("f\(index)")))
                    let whole = ByteRange(offset: 0, length: page * 16)
                    let window = try FileWindow(file, range: whole)
                    let cut = (index + round) % 2 == 0
                    if cut { truncate(folder("f\(index)"), off_t(page * 5)) }
                    // Two readers of one window fault at the same time.
                    DispatchQueue.concurrentPerform(iterations: 2) { half in
                        let from = Int(page) * (half == 0 ? 5 : 10)
                        #expect(window.bytes[from...].allSatisfy { $0 == 0 } == cut)
                    }
                    #expect(window.bytes.prefix(Int(page) * 5).elementsEqual(content.prefix(Int(page) * 5)))
                    #expect(window.faulted == cut)
                } catch {
                    Issue.record(error)
                }
            }
        }
    }

    @Test("1024 windows can be mapped; the bytes of one more are read, and closing one makes room")
    func limit() async {
        // In a process of its own, because other tests hold windows as well.
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            try folder.write("f", pattern(2))
            let file = try folder.root().open(LocalPath("f"))
            let range = ByteRange(offset: 0, length: 2)
            /// A window read into memory has at most the requested size.
            func window() throws -> FileWindow { try FileWindow(file, range: range, copyLimit: 1) }
            var windows: [FileWindow] = []
            for _ in 0..<1024 { windows.append(try window()) }
            #expect(windows.allSatisfy { $0.range == range })
            #expect(try window().range.length == 1)
            windows.removeLast()
            #expect(try window().range == range)
        }
    }

    @Test("a bus error elsewhere still ends the process")
    func foreignFault() async {
        await #expect(processExitsWith: .failure) { try touchForeignMapping() }
    }

    @Test("a bus error elsewhere goes to the handler that was there before")
    func earlierHandler() async {
        await #expect(processExitsWith: .exitCode(42)) {
            signal(SIGBUS) { _ in _exit(42) }
            try touchForeignMapping()
        }
    }
}

/// Faults in a mapping that the guard does not watch, while it watches another.
private func touchForeignMapping() throws {
    let folder = try TemporaryFolder()
    try folder.write("f", pattern(8192 * 8))
    let file = try folder.root().open(LocalPath("f"))
    let window = try FileWindow(file, range: ByteRange(offset: 0, length: 8192))
    let descriptor = Glibc.open(folder("f"), O_RDONLY)
    let start = mmap(nil, 8192 * 8, PROT_READ, MAP_SHARED, descriptor, 0)
    truncate(folder("f"), 0)
    // The process ends here, so nobody else removes it.
    try FileManager.default.removeItem(atPath: folder.path)
    let byte = start?.load(fromByteOffset: 8192 * 4, as: UInt8.self)
    print(byte as Any, window.faulted)
}
