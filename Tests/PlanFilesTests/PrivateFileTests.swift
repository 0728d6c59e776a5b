import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("A private file")
struct PrivateFileTests {
    private func outcome(_ folder: TemporaryFolder, _ name: String) -> String {
        do throws(FileError) {
            return String(decoding: try PrivateFile.read(ByteString(folder(name))), as: UTF8.self)
        } catch {
            return error.description.replacing(folder.path + "/", with: "")
        }
    }

    @Test("it is read if only its owner may use it; else the error says how to mend it")
    func modes() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", "S")
        for mode: mode_t in [0o600, 0o400, 0o700] {
            chmod(folder("secret"), mode)
            #expect(outcome(folder, "secret") == "S")
        }
        for mode: mode_t in [0o640, 0o604, 0o620, 0o601, 0o644, 0o4644] {
            chmod(folder("secret"), mode)
            let digits = String(repeating: "0", count: mode < 0o1000 ? 1 : 0) + String(mode, radix: 8)
            #expect(
                outcome(folder, "secret")
                    == "secret: mode \(digits) lets others use it; run: chmod 600 'secret'")
        }
    }

    @Test("read as a source it may be of any size, and is refused for the same reasons")
    func source() throws {
        let folder = try TemporaryFolder()
        try folder.write("large", pattern(300_000))
        let path = ByteString(folder("large"))
        chmod(path.text, 0o640)
        #expect(throws: FileError.notPrivate(path: path, mode: 0o640)) { try PrivateFile.source(path) }
        chmod(path.text, 0o600)
        let source = try PrivateFile.source(path)
        var read: [UInt8] = []
        while case let bytes = try source.read(upTo: 65_536), !bytes.isEmpty { read += bytes }
        #expect(read == pattern(300_000))
        try folder.link("link", to: "large")
        #expect(throws: FileError.linkNotFollowed(path: ByteString(folder("link")))) {
            try PrivateFile.source(ByteString(folder("link")))
        }
    }

    @Test("links, pipes, folders and files too large are refused")
    func kinds() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", "S")
        chmod(folder("secret"), 0o600)
        try folder.link("link", to: "secret")
        mkfifo(folder("pipe"), 0o600)
        try folder.makeFolder("d")
        for (name, size) in [("full", 65_536), ("over", 65_537)] {
            try folder.write(name, pattern(size))
            chmod(folder(name), 0o600)
        }
        #expect(
            outcome(folder, "link")
                == "link: is a symbolic link, which is not followed here; name the file itself")
        #expect(
            outcome(folder, "pipe") == "pipe: is a named pipe (FIFO), not a regular file; name a regular file"
        )
        #expect(outcome(folder, "d") == "d: is a folder; a file is needed here")
        #expect(outcome(folder, "none") == "none: no such file; check the name")
        #expect(outcome(folder, "over") == "over: holds more than 65536 bytes; is it the right file?")
        #expect(try PrivateFile.read(ByteString(folder("full"))) == pattern(65_536))
    }

    @Test("another user's file is refused", .enabled(if: geteuid() == 0, "only root can give files away"))
    func owner() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", "S")
        chmod(folder("secret"), 0o600)
        chown(folder("secret"), 12_345, 0)
        #expect(
            outcome(folder, "secret") == "secret: belongs to user 12345, not to you; use a file of your own")
    }
}
