import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("Output that appears whole or not at all")
struct OutputTests {
    @Test(
        "a finished output is there with all its bytes, and nothing else", arguments: [true, false],
        [0, 1, 65_535, 65_536, 300_001])
    func whole(unnamedFiles: Bool, count: Int) throws {
        let folder = try TemporaryFolder()
        let content = pattern(count)
        let output = try AtomicOutput(path: ByteString(folder("m")), unnamedFiles: unnamedFiles)
        for start in stride(from: 0, to: count, by: 1000) {
            try output.write(Array(content[start..<min(count, start + 1000)]))
        }
        #expect(try folder.names().filter { $0 == "m" } == [])
        #expect(try folder.names().count == (unnamedFiles ? 0 : 1))
        try output.finish()
        #expect(try folder.names() == ["m"])
        #expect(try folder.read("m") == content)
    }

    @Test("its mode is what the umask leaves, or the one of the file it replaces", arguments: [true, false])
    func mode(unnamedFiles: Bool) throws {
        let folder = try TemporaryFolder()
        func write(_ name: String) throws -> UInt32 {
            let output = try AtomicOutput(path: ByteString(folder(name)), unnamedFiles: unnamedFiles)
            try output.write([1])
            try output.finish()
            var status = stat()
            stat(folder(name), &status)
            return status.st_mode & 0o7777
        }
        let plain = Glibc.open(folder("plain"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o666)
        var status = stat()
        fstat(plain, &status)
        close(plain)
        #expect(try write("new") == status.st_mode & 0o7777)
        try folder.write("old", "old")
        chmod(folder("old"), 0o640)
        #expect(try write("old") == 0o640)
        #expect(try folder.read("old") == [1])
    }

    @Test("a private one is its owner's alone from the start", arguments: [true, false])
    func privateMode(unnamedFiles: Bool) throws {
        let folder = try TemporaryFolder()
        func mode(_ name: String) -> UInt32 {
            var status = stat()
            stat(folder(name), &status)
            return status.st_mode & 0o7777
        }
        try folder.write("old", "old")
        chmod(folder("old"), 0o664)
        for name in ["new", "old"] {
            let output = try AtomicOutput(
                path: ByteString(folder(name)), isPrivate: true, unnamedFiles: unnamedFiles)
            if !unnamedFiles {
                let temporary = try #require(try folder.names().first { $0.hasPrefix(".") })
                #expect(mode(temporary) == 0o600)
            }
            try output.write([1])
            try output.finish()
            #expect(mode(name) == 0o600)
        }
        let shared = Glibc.open(folder("shared"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o664)
        defer { close(shared) }
        let straight = try AtomicOutput(path: ByteString("/dev/fd/\(shared)"), isPrivate: true)
        try straight.finish()
        #expect(mode("shared") == 0o600)
    }

    @Test("abandoned, it leaves what was there and nothing else", arguments: [true, false])
    func abandoned(unnamedFiles: Bool) throws {
        let folder = try TemporaryFolder()
        try folder.write("m", "before")
        do {
            let output = try AtomicOutput(path: ByteString(folder("m")), unnamedFiles: unnamedFiles)
            try output.write(pattern(100_000))
        }
        #expect(try folder.names() == ["m"])
        #expect(try folder.read("m") == Array("before".utf8))
    }

    @Test("a link is followed, there or not; the link stays", arguments: [true, false])
    func links(unnamedFiles: Bool) throws {
        let folder = try TemporaryFolder()
        try folder.write("sub/real", "before")
        try folder.link("link", to: "sub/real")
        try folder.link("sub/dangling", to: "../new")
        for name in ["link", "sub/dangling"] {
            let output = try AtomicOutput(path: ByteString(folder(name)), unnamedFiles: unnamedFiles)
            try output.write(Array(name.utf8))
            try output.finish()
        }
        #expect(try folder.names() == ["link", "new", "sub"])
        #expect(try folder.read("sub/real") == Array("link".utf8))
        #expect(try folder.read("new") == Array("sub/dangling".utf8))
    }

    @Test("a place where nothing can be made says so")
    func refused() async throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("d")
        try folder.write("readOnly", "before")
        chmod(folder.path, 0o755)
        chmod(folder("readOnly"), 0o444)
        @Sendable func refusal(_ name: String) -> String {
            do throws(FileError) {
                _ = try AtomicOutput(path: ByteString(folder(name)))
                return "made"
            } catch {
                #expect(error.category == .output)
                return error.description.replacing(folder.path + "/", with: "")
            }
        }
        #expect(refusal("d") == "d: cannot be created: is a directory; choose another place")
        #expect(
            refusal("none/m") == "none/m: cannot be created: no such file or directory; choose another place")
        #expect(
            refusal("readOnly/m") == "readOnly/m: cannot be created: not a directory; choose another place")
        let denied = try await asOrdinaryUser { [refusal("m"), refusal("readOnly")] }
        if geteuid() == 0 {
            #expect(denied[0] == "m: cannot be created: permission denied; choose another place")
        }
        #expect(denied[1] == "readOnly: cannot be created: permission denied; choose another place")
    }

    @Test("a full disk is told, and nothing is left behind")
    func full() async {
        // A limit on file size simulates a full disk; it applies to the whole process.
        await #expect(processExitsWith: .success) {
            for unnamedFiles in [true, false] {
                let folder = try TemporaryFolder()
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                limit.rlim_cur = 100_000
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                let path = ByteString(folder("m"))
                let output = try AtomicOutput(path: path, unnamedFiles: unnamedFiles)
                #expect(throws: FileError.writeFailed(path: path, code: EFBIG)) {
                    try output.write(pattern(200_000))
                    try output.finish()
                }
                output.abandon()
                #expect(try folder.names() == [])
            }
        }
    }

    @Test("pipes and devices are written to as they come")
    func straight() throws {
        let folder = try TemporaryFolder()
        mkfifo(folder("pipe"), 0o600)
        let reader = Glibc.open(folder("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let output = try AtomicOutput(path: ByteString(folder("pipe")))
        try output.write(Array("through".utf8))
        try output.finish()
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(read(reader, &buffer, 100) == 7)
        #expect(try folder.names() == ["pipe"])
        #expect(throws: FileError.writeFailed(path: "/dev/full", code: ENOSPC)) {
            let full = try AtomicOutput(path: "/dev/full")
            try full.write([1])
            try full.finish()
        }
    }

    @Test("a descriptor of this process is appended to, not replaced")
    func ownDescriptor() throws {
        let folder = try TemporaryFolder()
        try folder.write("m", "first ")
        let descriptor = Glibc.open(folder("m"), O_WRONLY | O_APPEND | O_CLOEXEC)
        defer { close(descriptor) }
        let output = try AtomicOutput(path: ByteString("/dev/fd/\(descriptor)"))
        #expect(output.nodes == [try #require(FileNode.ofRegularFile(descriptor: descriptor))])
        try output.write(Array("second".utf8))
        try output.finish()
        #expect(try folder.read("m") == Array("first second".utf8))
    }

    @Test("a full device, a closed pipe and a closed descriptor are told apart")
    func descriptors() throws {
        signal(SIGPIPE, SIG_IGN)
        let full = Glibc.open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        #expect(throws: FileError.writeFailed(path: "out", code: ENOSPC)) {
            let output = try DescriptorOutput(descriptor: full, name: "out")
            try output.write([1])
            try output.finish()
        }
        let ends = try makePipe()
        close(ends[0])
        #expect(throws: FileError.closedPipe(path: "out")) {
            let output = try DescriptorOutput(descriptor: ends[1], name: "out")
            try output.write(pattern(100_000))
        }
        close(ends[1])
        #expect(throws: FileError.writeFailed(path: "out", code: EBADF)) {
            try DescriptorOutput(descriptor: -1, name: "out")
        }
    }

    @Test("a slow reader of a non-blocking pipe gets every byte")
    func nonBlocking() throws {
        let ends = try makePipe()
        let (reader, writer) = (ends[0], ends[1])
        _ = fcntl(writer, F_SETFL, O_NONBLOCK)
        let content = pattern(1_000_000)
        let received = Received()
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 10_000)
            while case let count = read(reader, &buffer, buffer.count), count > 0 {
                received.bytes += buffer[..<count]
            }
            received.done.signal()
        }
        thread.start()
        do {
            let output = try DescriptorOutput(descriptor: writer, name: "out")
            close(writer)
            try output.write(Array(content[..<500_000]))
            try output.write(Array(content[500_000..<500_010]))
            try output.write(Array(content[500_010...]))
            try output.finish()
        }
        // The writing end is closed everywhere, so the reader reaches the end.
        received.done.wait()
        close(reader)
        #expect(received.bytes == content)
    }
}

/// What a reading thread received.
private final class Received: @unchecked Sendable {
    // Safety: `bytes` is read only after waiting for `done`.
    var bytes: [UInt8] = []
    let done = DispatchSemaphore(value: 0)
}
