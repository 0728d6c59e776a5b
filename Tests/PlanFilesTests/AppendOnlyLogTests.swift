import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("An append-only log")
struct AppendOnlyLogTests {
    private func lines(_ log: AppendOnlyLog) throws -> [String] {
        var lines: [String] = []
        try log.lines.forEach { lines.append(String(decoding: $0, as: UTF8.self)) }
        return lines
    }

    @Test("lines are kept across openings, for the owner only")
    func lines() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(folder("log"))
        for round in 0..<3 {
            let log = try AppendOnlyLog(path: path)
            #expect(log.tornLength == 0)
            #expect(log.isNew == (round == 0))
            #expect(try lines(log) == (0..<round).flatMap { ["line \($0)", ""] })
            try log.append([Array("line \(round)".utf8)])
            try log.append([[]])
            #expect(try lines(log).count == 2 * round + 2)
        }
        var status = stat()
        stat(folder("log"), &status)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(try folder.read("log") == Array("line 0\n\nline 1\n\nline 2\n\n".utf8))
    }

    @Test(
        "a torn last line is cut where that is asked for, and not before",
        arguments: [
            ("a\nb\ntorn", "a\nb\n"), ("torn", ""), ("a\n", "a\n"), ("", ""), ("\n", "\n"), ("a\n\0", "a\n"),
        ])
    func torn(found: String, kept: String) throws {
        let folder = try TemporaryFolder()
        let path = ByteString(try folder.write("log", found))
        do {
            let log = try AppendOnlyLog(path: path)
            #expect(log.tornLength == Int64(found.utf8.count - kept.utf8.count))
            let torn = Array(found.utf8.dropFirst(kept.utf8.count).prefix(3))
            #expect(try log.lines.tornBytes(upTo: 3) == torn)
            #expect(try folder.read("log") == Array(found.utf8))
            try log.cutTornLine()
            #expect(log.tornLength == 0)
            #expect(try folder.read("log") == Array(kept.utf8))
            try log.append([[UInt8(ascii: "+")]])
        }
        #expect(try AppendOnlyLog(path: path).tornLength == 0)
        #expect(try folder.read("log") == Array((kept + "+\n").utf8))
    }

    @Test("a last line that lacks its end alone gets it where that is asked for")
    func ended() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(try folder.write("log", "a\nwhole"))
        do {
            let log = try AppendOnlyLog(path: path)
            try log.endLastLine()
            #expect(log.tornLength == 0)
            try log.endLastLine()
            try log.append([[UInt8(ascii: "+")]])
            #expect(try lines(log) == ["a", "whole", "+"])
        }
        #expect(try folder.read("log") == Array("a\nwhole\n+\n".utf8))
    }

    @Test("a torn line longer than a reading step is cut too; long lines are read whole")
    func long() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "x", count: 200_000)
        let path = ByteString(try folder.write("log", "first\n\(long)\n\(long)"))
        let log = try AppendOnlyLog(path: path)
        #expect(log.tornLength == 200_000)
        #expect(try lines(log) == ["first", long])
    }

    @Test("a line at the limit is refused on reading, one below it is not")
    func limit() throws {
        let folder = try TemporaryFolder()
        let longest = String(repeating: "x", count: AppendOnlyLog.lineLimit - 1)
        let good = try AppendOnlyLog(path: ByteString(try folder.write("good", "a\n\(longest)\n")))
        #expect(try lines(good) == ["a", longest])
        let path = ByteString(try folder.write("bad", "a\n\(longest)x\n"))
        let bad = try AppendOnlyLog(path: path)
        #expect(throws: FileError.lineTooLong(path: path, line: 2, limit: 1_048_576)) { try lines(bad) }
    }

    @Test("one writer at a time; the next may when the first is done")
    func locked() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(folder("log"))
        do {
            let log = try AppendOnlyLog(path: path)
            try log.append([[1]])
            #expect(throws: FileError.lockedByAnother(path: path)) { try AppendOnlyLog(path: path) }
        }
        #expect(throws: Never.self) { try AppendOnlyLog(path: path) }
    }

    @Test("made private it is its owner's alone; another's is refused and stays as it is")
    func makePrivate() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(try folder.write("log", "a\n"))
        func mode() throws -> mode_t {
            var status = stat()
            try #require(stat(folder("log"), &status) == 0)
            return status.st_mode & 0o7777
        }
        chmod(folder("log"), 0o666)
        let log = try AppendOnlyLog(path: path)
        #expect(try mode() == 0o666)
        try log.makePrivate()
        #expect(try mode() == 0o600)
        // Only root can change the owner.
        guard chmod(folder("log"), 0o666) == 0, chown(folder("log"), 65534, 65534) == 0 else { return }
        #expect(throws: FileError.ownedByAnother(path: path, owner: 65534)) { try log.makePrivate() }
        #expect(try mode() == 0o666)
    }

    @Test("links, pipes and folders are refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        try folder.write("real", "a\n")
        try folder.link("link", to: "real")
        mkfifo(folder("pipe"), 0o600)
        try folder.makeFolder("d")
        for (name, error) in [
            "link": FileError.linkNotFollowed(path: ByteString(folder("link"))),
            "pipe": .notRegular(path: ByteString(folder("pipe")), kind: .fifo),
            "d": .isFolder(path: ByteString(folder("d"))),
            "none/log": .createFailed(path: ByteString(folder("none/log")), code: ENOENT),
        ] {
            #expect(throws: error) { try AppendOnlyLog(path: ByteString(folder(name))) }
        }
        #expect(throws: FileError.notRegular(path: "/dev/full", kind: .characterDevice)) {
            try AppendOnlyLog(path: "/dev/full")
        }
    }

    @Test("lines are read while another holds the log, and a link is not followed")
    func reading() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(try folder.write("log", "a\nb\ntorn"))
        let log = try AppendOnlyLog(path: path)
        let found = try LogLines(path: path)
        var lines: [String] = []
        try found.forEach { lines.append(String(decoding: $0, as: UTF8.self)) }
        #expect(lines == ["a", "b"])
        #expect(found.tornLength == log.tornLength)
        try folder.link("link", to: "log")
        for (name, error) in [
            "link": FileError.linkNotFollowed(path: ByteString(folder("link"))),
            "none": .noSuchFile(path: ByteString(folder("none"))),
            "": .isFolder(path: ByteString(folder(""))),
        ] {
            #expect(throws: error) { try LogLines(path: ByteString(folder(name))) }
        }
    }

    @Test("a line that does not fit on the disk leaves the log as it was")
    func full() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let path = ByteString(folder("log"))
            let log = try AppendOnlyLog(path: path)
            try log.append([Array("good".utf8)])
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            limit.rlim_cur = 1000
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            #expect(throws: FileError.writeFailed(path: path, code: EFBIG)) {
                try log.append([pattern(2000).map { $0 | 128 }])
            }
            #expect(try folder.read("log") == Array("good\n".utf8))
            try log.append([Array("again".utf8)])
            #expect(try folder.read("log") == Array("good\nagain\n".utf8))
        }
    }
}
