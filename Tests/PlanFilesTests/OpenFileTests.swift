import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("A file that changes while it is open")
struct OpenFileTests {
    /// The result of `checkUnchanged` after `change`.
    private func outcome(of change: (TemporaryFolder) throws -> Void) throws -> String {
        let folder = try TemporaryFolder()
        setModified(try folder.write("sub/f", pattern(1000)), seconds: 1_000_000_000)
        let file = try folder.root().open(LocalPath("sub/f"))
        #expect(throws: Never.self) { try file.checkUnchanged() }
        try change(folder)
        do throws(FileError) {
            try file.checkUnchanged()
            return "unchanged"
        } catch {
            #expect(error.category == .changedSource)
            return error.description
        }
    }

    private func append(_ folder: TemporaryFolder, at offset: Int, _ bytes: [UInt8]) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder("sub/f")))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    @Test("left alone, it is unchanged; so it is after a look")
    func unchanged() throws {
        #expect(try outcome { _ in } == "unchanged")
        #expect(try outcome { _ = try $0.read("sub/f") } == "unchanged")
    }

    @Test("cut, it says from what to what")
    func cut() throws {
        let words = "bytes while it was read; try again when it is complete"
        #expect(try outcome { truncate($0("sub/f"), 999) } == "sub/f: was cut from 1000 to 999 \(words)")
        #expect(try outcome { truncate($0("sub/f"), 0) } == "sub/f: was cut from 1000 to 0 \(words)")
        #expect(try outcome { try append($0, at: 1000, [1]) } == "sub/f: grew from 1000 to 1001 \(words)")
    }

    @Test("overwritten in place, it says so, even with its time set back")
    func overwritten() throws {
        let words =
            "sub/f: was written to, or given another mode, owner or name, while it was read; "
            + "try again when nobody changes it"
        #expect(try outcome { try append($0, at: 10, [1, 2, 3]) } == words)
        #expect(
            try outcome {
                try append($0, at: 10, [1, 2, 3])
                setModified($0("sub/f"), seconds: 1_000_000_000)
            } == words)
        // A new mode or link changes the ctime, as does a write whose modification time was set back.
        #expect(try outcome { chmod($0("sub/f"), 0o444) } == words)
        #expect(try outcome { Glibc.link($0("sub/f"), $0("second")) } == words)
    }

    @Test("replaced or deleted, it says which")
    func replaced() throws {
        let replaced = "sub/f: was replaced by another file while it was read; try again"
        let deleted = "sub/f: was deleted while it was read; restore it or leave it out"
        #expect(
            try outcome { folder in
                try folder.write("other", pattern(1000))
                rename(folder("other"), folder("sub/f"))
            } == replaced)
        #expect(try outcome { unlink($0("sub/f")) } == deleted)
        #expect(try outcome { rename($0("sub/f"), $0("sub/g")) } == deleted)
        #expect(try outcome { rename($0("sub"), $0("bus")) } == deleted)
    }

    @Test("reading past its end is an error that names where it ends")
    func short() throws {
        let folder = try TemporaryFolder()
        try folder.write("f", pattern(1000))
        let file = try folder.root().open(LocalPath("f"))
        #expect(try file.bytes(ByteRange(offset: 990, length: 10)) == Array(pattern(1000).suffix(10)))
        #expect(try file.bytes(ByteRange(offset: 1000, length: 0)) == [])
        #expect(throws: FileError.truncated(path: "f", before: 1001, now: 1000)) {
            try file.bytes(ByteRange(offset: 990, length: 11))
        }
        truncate(folder("f"), 500)
        #expect(throws: FileError.truncated(path: "f", before: 1000, now: 500)) {
            try file.bytes(ByteRange(offset: 0, length: 1000))
        }
        // The size is said, not where the reading ended.
        #expect(throws: FileError.truncated(path: "f", before: 1000, now: 500)) {
            try file.bytes(ByteRange(offset: 700, length: 300))
        }
    }

    @Test(
        "a file that states no size and has bytes is not taken for empty",
        .enabled(if: access("/proc/version", R_OK) == 0, "needs /proc"))
    func statesNothing() throws {
        let file = try Root(path: "/proc").open(LocalPath("version"))
        #expect(file.identity.size == 0)
        let failure = FileError.longerThanStated(path: "version", size: 0)
        #expect(throws: failure) { try file.checkEnd() }
        #expect(throws: failure) { try file.checkUnchanged() }
        #expect(failure.category == .input)
        #expect(
            failure.description
                == "version: its file system states 0 bytes, but there are more; copy it to a disk and use the copy"
        )
        // As a list or manifest it is read completely, and again.
        let expected = Array(try #require(FileManager.default.contents(atPath: "/proc/version")))
        let source = try FileByteSource(path: "/proc/version")
        for _ in 0..<2 {
            #expect(try source.read(upTo: 65_536) == expected)
            #expect(try source.read(upTo: 65_536) == [])
            try source.rewind()
        }
    }

    @Test(
        "a file that ends before the size it states is not filled up",
        .enabled(if: access("/sys/devices/system/cpu/online", R_OK) == 0, "needs /sys"))
    func statesTooMuch() throws {
        let root = try Root(path: "/sys/devices/system/cpu")
        let file = try root.open(LocalPath("online"))
        let length = Int64(
            try #require(FileManager.default.contents(atPath: root.path.text + "/online")).count)
        let failure = FileError.shorterThanStated(path: "online", size: file.identity.size, found: length)
        #expect(throws: failure) { try file.bytes(ByteRange(offset: 0, length: file.identity.size)) }
        #expect(throws: Never.self) { try file.checkUnchanged() }
        #expect(failure.category == .input)
        // As a list or manifest it is read to its end.
        let source = try FileByteSource(path: ByteString(root.path.text + "/online"))
        #expect(try source.read(upTo: 65_536).count == Int(length))
        #expect(try source.read(upTo: 65_536) == [])
    }
}
