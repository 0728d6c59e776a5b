import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("A file that changes while it is open")
struct OpenFileTests {
    /// What `checkUnchanged` says after `change`.
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
        // A new mode or name moves the same time as a write whose modification time was set back.
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
    }
}
