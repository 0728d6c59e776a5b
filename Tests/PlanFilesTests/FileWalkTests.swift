import CFiles
import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("Finding files")
struct FileWalkTests {
    private func walk(
        _ folder: TemporaryFolder, _ arguments: [String],
        _ change: (inout FileWalk.Options) throws -> Void = { _ in }
    ) throws -> FileWalk.Outcome {
        var options = FileWalk.Options()
        try change(&options)
        return try FileWalk.files(arguments.map { Array($0.utf8) }, below: folder.root(), options: options)
    }

    private func paths(_ outcome: FileWalk.Outcome) -> [String] { outcome.files.map(\.path.text) }

    private func refusal(
        _ folder: TemporaryFolder, _ arguments: [String],
        _ change: (inout FileWalk.Options) throws -> Void = { _ in }
    ) throws -> FileError? {
        do {
            _ = try walk(folder, arguments, change)
            return nil
        } catch let error as FileError {
            return error
        }
    }

    @Test("files come sorted by bytes, once each, however they are named")
    func sorted() throws {
        let folder = try TemporaryFolder()
        for name in ["b", "a", "Z", "d/x", "d/y", "d-e", "é"] { try folder.write(name, name) }
        Glibc.link(folder("a"), folder("hard"))
        let named = try walk(folder, ["b", "./b", folder("b"), "d/../b", "a", "hard"])
        #expect(paths(named) == ["a", "b", "hard"])
        let all = try walk(folder, [".", "d", "d/x"]) { $0.recursive = true }
        // "d-e" sorts before "d/x": 2d is less than 2f.
        #expect(paths(all) == ["Z", "a", "b", "d-e", "d/x", "d/y", "hard", "é"])
        #expect(all.files.first { $0.path.text == "é" }?.size == 2)
    }

    @Test("names of any sort are found as they are; NFC and NFD are two")
    func nastyNames() throws {
        let folder = try TemporaryFolder()
        let names = [
            " ", "a b", "#c", "k: v", "'q'", "\"dq\"", "new\nline", "tab\t", "-dash", "😀", "caf\u{e9}",
            "cafe\u{301}", "上传", "\u{1b}[31m", "\u{202e}rtl", "*", "[x]", "back\\slash", "%41",
        ]
        for name in names { try folder.write("d/" + name, name) }
        let outcome = try walk(folder, ["d"]) { $0.recursive = true }
        let expected = names.map { Array(("d/" + $0).utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        #expect(outcome.files.map(\.path.bytes.bytes) == expected)
    }

    @Test("a name that is not UTF-8 is an error, unless it is excluded")
    func notUTF8() throws {
        let folder = try TemporaryFolder()
        try folder.write("d/good", "g")
        let bad = Array(folder("d/bad").utf8CString.dropLast()) + [CChar(bitPattern: 0xff), 0]
        close(open(bad, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        let recursive = { (options: inout FileWalk.Options) in options.recursive = true }
        #expect(try refusal(folder, ["d"], recursive) == .notUTF8(path: "d/bad\\xff"))
        let kept = try walk(folder, ["d"]) {
            $0.recursive = true
            $0.keepGoing = true
        }
        #expect(paths(kept) == ["d/good"] && kept.failures == [.notUTF8(path: "d/bad\\xff")])
        let excluded = try walk(folder, ["d"]) {
            $0.recursive = true
            $0.filter = FileFilter(excludes: [try Glob("bad?")])
        }
        #expect(paths(excluded) == ["d/good"])
    }

    @Test("what cannot be planned is refused by what it is; keeping going gathers it all")
    func failures() throws {
        let folder = try TemporaryFolder()
        try folder.write("d/a", "a")
        mkfifo(folder("d/pipe"), 0o600)
        try folder.link("d/link", to: "a")
        #expect(try refusal(folder, ["d"]) == .isFolder(path: "d"))
        #expect(try refusal(folder, ["d/pipe"]) == .notRegular(path: "d/pipe", kind: .fifo))
        #expect(try refusal(folder, ["d/link"]) == .linkRefused(path: "d/link"))
        #expect(try refusal(folder, ["none"]) == .notFound(path: "none", folder: ByteString(folder.path)))
        #expect(try refusal(folder, ["d"]) { $0.recursive = true } == .linkRefused(path: "d/link"))
        let kept = try walk(folder, ["none", "d"]) {
            $0.recursive = true
            $0.keepGoing = true
        }
        #expect(paths(kept) == ["d/a"])
        #expect(
            kept.failures == [
                .notFound(path: "none", folder: ByteString(folder.path)), .linkRefused(path: "d/link"),
                .notRegular(path: "d/pipe", kind: .fifo),
            ])
    }

    @Test("links are refused, left out or followed as asked; those that leave the root never are")
    func links() throws {
        let folder = try TemporaryFolder()
        let outside = try TemporaryFolder()
        try outside.write("o", "o")
        try folder.write("d/real/f", "f")
        try folder.link("d/file", to: "real/f")
        try folder.link("d/folder", to: "real")
        let skipped = try walk(folder, ["d", "d/file"]) {
            $0.recursive = true
            $0.links = .skip
        }
        #expect(paths(skipped) == ["d/real/f"] && skipped.linksSkipped == 3)
        let follow = { (options: inout FileWalk.Options) in
            options.recursive = true
            options.links = .follow
        }
        #expect(paths(try walk(folder, ["d"], follow)) == ["d/file", "d/folder/f", "d/real/f"])
        #expect(paths(try walk(folder, ["d/folder"], follow)) == ["d/folder/f"])
        try folder.link("d/away", to: outside.path)
        #expect(
            try refusal(folder, ["d"], follow) == .leavesRoot(path: "d/away", root: ByteString(folder.path)))
        let allowed = try walk(folder, ["d"]) {
            follow(&$0)
            $0.allowOutside = true
        }
        #expect(paths(allowed) == ["d/away/o", "d/file", "d/folder/f", "d/real/f"])
    }

    @Test("a linked folder that holds itself is found out")
    func loops() throws {
        let folder = try TemporaryFolder()
        try folder.write("d/e/f", "f")
        try folder.link("d/e/up", to: "..")
        try folder.link("d/e/here", to: ".")
        try folder.link("d/e/self", to: "self")
        let outcome = try walk(folder, ["d"]) {
            $0.recursive = true
            $0.links = .follow
            $0.keepGoing = true
        }
        #expect(paths(outcome) == ["d/e/f"])
        #expect(
            outcome.failures
                == ["d/e/here", "d/e/self", "d/e/up"].map { FileError.linkLoop(path: ByteString($0)) })
    }

    @Test(
        "patterns choose among what folders hold; excluded folders are not entered, named files always count")
    func filters() async throws {
        let folder = try TemporaryFolder()
        for name in ["a.img", "b.txt", "old/c.img", "d/e.img", "d/old/f.img", "keep/x"] {
            try folder.write(name, "x")
        }
        try folder.link("stray", to: "b.txt")
        chmod(folder.path, 0o755)
        chmod(folder("d/old"), 0)
        let found = try await asOrdinaryUser {
            try walk(folder, [".", "b.txt"]) {
                $0.recursive = true
                $0.filter = FileFilter(
                    includes: [try Glob("*.img"), try Glob("keep")], excludes: [try Glob("old")])
            }
        }
        chmod(folder("d/old"), 0o700)
        #expect(paths(found) == ["a.img", "b.txt", "d/e.img", "keep/x"])
        let named = try walk(folder, ["old"]) {
            $0.recursive = true
            $0.filter = FileFilter(excludes: [try Glob("old")])
        }
        #expect(paths(named) == ["old/c.img"])
    }

    @Test("a folder that may not be read is an error that names it")
    func unreadable() async throws {
        let folder = try TemporaryFolder()
        try folder.write("d/locked/f", "f")
        try folder.write("d/open", "o")
        chmod(folder.path, 0o755)
        chmod(folder("d/locked"), 0)
        let outcome = try await asOrdinaryUser {
            try walk(folder, ["d"]) {
                $0.recursive = true
                $0.keepGoing = true
            }
        }
        chmod(folder("d/locked"), 0o700)
        #expect(paths(outcome) == ["d/open"])
        #expect(outcome.failures == [.unreadable(path: "d/locked", code: EACCES)])
    }

    @Test("the command's own outputs are left out, by whatever name, and told")
    func ownOutputs() throws {
        let folder = try TemporaryFolder()
        try folder.write("d/a", "a")
        try folder.write("d/m.yaml", "old")
        Glibc.link(folder("d/m.yaml"), folder("d/second"))
        let output = try AtomicOutput(path: ByteString(folder("d/m.yaml")), unnamedFiles: false)
        let outcome = try walk(folder, ["d", "d/m.yaml"]) {
            $0.recursive = true
            $0.ownOutputs = output.nodes
        }
        #expect(paths(outcome) == ["d/a"])
        #expect(outcome.ownOutputs.map(\.path.text).contains("d/m.yaml"))
        #expect(outcome.ownOutputs.map(\.path.text).contains("d/second"))
        #expect(outcome.ownOutputs.count == 3)
    }

    @Test("a path of 4096 bytes is found, one of 4097 is too long")
    func longPaths() throws {
        let folder = try TemporaryFolder()
        // The path is too long for one system call, so it is created step by step.
        var at = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(at) }
        for _ in 0..<20 {
            let name = String(repeating: "x", count: 199)
            mkdirat(at, name, 0o700)
            let next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(at)
            at = next
        }
        func create(_ length: Int) throws {
            let made = openat(
                at, String(repeating: "y", count: length), O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
            try #require(made >= 0)
            close(made)
        }
        for length in [95, 96] { try create(length) }  // after 20 × 200
        let recursive = { (options: inout FileWalk.Options) in options.recursive = true }
        let outcome = try walk(folder, ["."], recursive)
        #expect(outcome.files.map(\.path.bytes.bytes.count) == [4095, 4096])
        for file in outcome.files { #expect(try folder.root().open(file.path).identity.size == 0) }
        try create(97)
        guard case .pathTooLong(let path, 4096) = try refusal(folder, ["."], recursive) else {
            Issue.record("a path of 4097 bytes was taken")
            return
        }
        #expect(path.bytes.count == 4097)
    }

    @Test("a list of names is read by lines or by NUL")
    func lists() throws {
        func names(_ text: String, _ separator: FileList.Separator) throws -> [String] {
            try FileList.names(in: MemoryByteSource(text), separator: separator).map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(try names("", .line) == [])
        #expect(try names("a\nb c\n\n d\n", .line) == ["a", "b c", " d"])
        #expect(try names("a", .line) == ["a"])
        #expect(try names("a\nb\0c\r\0\0", .nul) == ["a\nb", "c\r"])
        let long = String(repeating: "n", count: 70_000 / 10)
        #expect(try names(Array(repeating: long, count: 20).joined(separator: "\n"), .line).count == 20)
        #expect(throws: FileListError.nameTooLong(number: 2, limit: 8192, separator: .line)) {
            try names("a\n" + String(repeating: "n", count: 8193), .line)
        }
        // NULs in lines must neither produce an empty path nor count as too many files.
        #expect(throws: FileListError.holdsNUL(line: 3)) { try names("a\n\nb\0c\0", .line) }
        #expect(try names(String(repeating: "n", count: 8192), .line).count == 1)
    }

    @Test("CR is part of the line's end where every line has one, else of the name")
    func carriageReturns() throws {
        func names(_ text: String, _ separator: FileList.Separator = .line) throws -> [[UInt8]] {
            try FileList.names(in: MemoryByteSource(text), separator: separator)
        }
        for (text, expected) in [
            ("a\r\nb\r\n", ["a", "b"]), ("a\r\nb", ["a", "b"]), ("a\r\nb\r", ["a", "b"]),
            ("a\r\n\r\nb\r\n", ["a", "b"]), ("a\r\n\nb\r\n", ["a", "b"]), ("a\r\r\n", ["a\r"]),
            ("\r\n", []), ("a\r", ["a"]),
            ("a\nIcon\r\nb\n", ["a", "Icon\r", "b"]), ("Icon\r\na\n", ["Icon\r", "a"]),
            ("a\n\r\n", ["a", "\r"]), ("a\rb\n", ["a\rb"]),
        ] {
            #expect(try names(text) == expected.map { Array($0.utf8) }, "\(text.debugDescription)")
        }
        #expect(try names("a\r\0b\r\0", .nul) == ["a\r", "b\r"].map { Array($0.utf8) })
    }

    @Test("a byte order mark at the start of a list is not part of the first name")
    func byteOrderMark() throws {
        func names(_ text: String, _ separator: FileList.Separator = .line) throws -> [[UInt8]] {
            try FileList.names(in: MemoryByteSource(text), separator: separator)
        }
        #expect(try names("\u{feff}a\n\u{feff}b\n") == [Array("a".utf8), Array("\u{feff}b".utf8)])
        #expect(try names("\u{feff}") == [])
        #expect(try names("\u{feff}\r\na\r\n") == [Array("a".utf8)])
        // With -0 every byte belongs to the name.
        #expect(try names("\u{feff}a\0", .nul) == [Array("\u{feff}a".utf8)])
        for mark in [[0xff, 0xfe], [0xfe, 0xff]] as [[UInt8]] {
            let source = MemoryByteSource(mark + [0x61, 0, 0x0a, 0])
            #expect(throws: FileListError.isUTF16) { try FileList.names(in: source, separator: .line) }
        }
        #expect(FileListError.isUTF16.description == "is UTF-16; save it as UTF-8")
    }

    @Test("an entry of a folder is read to its end and no further, short or without a NUL")
    func shortEntries() throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = try #require(MemoryLayout<dirent>.offset(of: \.d_name))
        let lengthOffset = try #require(MemoryLayout<dirent>.offset(of: \.d_reclen))
        let pages = mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        let memory = try #require(pages)
        defer { munmap(memory, 2 * page) }
        // The entry is followed by a page that must not be read.
        #expect(mprotect(memory + page, page, PROT_NONE) == 0)
        for (name, padding, expected) in [
            ("abcd", [0], "abcd"), ("", [0, 0, 0], ""), ("abcdefgh", [], "abcdefgh"),
            (String(repeating: "n", count: 900), [0], String(repeating: "n", count: 900)),
        ] as [(String, [UInt8], String)] {
            let bytes = Array(name.utf8) + padding
            let entry = memory + page - start - bytes.count
            (entry + start).copyMemory(from: bytes, byteCount: bytes.count)
            (entry + lengthOffset).storeBytes(of: UInt16(start + bytes.count), as: UInt16.self)
            var length = -1
            let found = cosplan_file_entry_name(entry.assumingMemoryBound(to: dirent.self), &length)
            #expect(
                String(decoding: UnsafeRawBufferPointer(start: found, count: length), as: UTF8.self)
                    == expected)
        }
    }
}
