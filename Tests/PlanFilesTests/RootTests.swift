import Foundation
import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("Opening beneath a root")
struct RootTests {
    private static let confinements: [Confinement] = [.kernel, .segmentWalk]

    private func outcome(_ root: Root, _ path: String, allowOutside: Bool = false) throws -> String {
        let local = try LocalPath(ByteString(path), allowOutside: true)
        do throws(FileError) {
            let file = try root.open(local, allowOutside: allowOutside)
            return String(
                decoding: try file.bytes(ByteRange(offset: 0, length: file.identity.size)), as: UTF8.self)
        } catch {
            return error.description
        }
    }

    @Test("files and links that stay inside are opened", arguments: confinements)
    func inside(confinement: Confinement) throws {
        let folder = try TemporaryFolder()
        try folder.write("root/a", "A")
        try folder.write("root/sub/deep/b", "B")
        try folder.link("root/link", to: "sub/deep/b")
        try folder.link("root/sub/deep/up", to: "../../a")
        try folder.link("root/folder", to: "sub/./deep//")
        try folder.link("root/twice", to: "folder/up")
        let root = try Root(path: ByteString(folder("root")), confinement: confinement)
        for (path, content) in [
            "a": "A", "./a": "A", "sub/deep/b": "B", "sub//deep/./b": "B", "link": "B", "sub/deep/up": "A",
            "folder/b": "B", "twice": "A", "sub/../a": "A",
        ] {
            #expect(try outcome(root, path) == content, "\(path)")
        }
    }

    @Test("whatever leads outside is refused, and opened when that is allowed", arguments: confinements)
    func outside(confinement: Confinement) throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", "S")
        try folder.write("root/sub/x", "X")
        try folder.link("root/away", to: "../secret")
        try folder.link("root/absolute", to: folder("secret"))
        try folder.link("root/insideButAbsolute", to: folder("root/sub/x"))
        try folder.link("root/door", to: "..")
        try folder.link("root/sub/chain", to: "../away")
        let root = try Root(path: ByteString(folder("root")), confinement: confinement)
        for path in [
            "../secret", "away", "absolute", "door/secret", "sub/chain", "sub/../../secret", folder("secret"),
        ] {
            #expect(
                try outcome(root, path)
                    == "\(path): leads out of the root '\(folder("root"))' by '..' or a link (an absolute one "
                    + "does); allow paths outside if that is meant")
            #expect(try outcome(root, path, allowOutside: true) == "S", "\(path)")
        }
        #expect(try outcome(root, "insideButAbsolute").contains("(an absolute one does)"))
    }

    @Test("everything that is not a regular file is refused by what it is, at once", arguments: confinements)
    func notRegular(confinement: Confinement) throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("sub")
        try folder.write("plain", "P")
        #expect(mkfifo(folder("pipe"), 0o600) == 0)
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        try bind(socket, to: folder("socket"))
        try folder.link("toPipe", to: "pipe")
        try folder.link("dangling", to: "nothing")
        try folder.link("loop", to: "pool")
        try folder.link("pool", to: "loop")
        let root = try folder.root(confinement)
        let shownRoot = folder.path
        for (path, error) in [
            "sub": "sub: is a folder; a file is needed here",
            ".": ".: is a folder; a file is needed here",
            "pipe": "pipe: is a named pipe (FIFO), not a regular file; name a regular file",
            "toPipe": "toPipe: is a named pipe (FIFO), not a regular file; name a regular file",
            "socket": "socket: is a socket, not a regular file; name a regular file",
            "dangling": "dangling: is a symbolic link to nothing; repair it or leave it out",
            "loop": "loop: is a loop of symbolic links; repair it or leave it out",
            "plain/x": "plain/x: is not a folder, or one on the way to it is not; name a folder",
            "plain/": "plain/: is not a folder, or one on the way to it is not; name a folder",
            "none":
                "none: not found in the folder '\(shownRoot)'; if it lies elsewhere, use another root",
            "sub/none":
                "sub/none: not found in the folder '\(shownRoot)'; if it lies elsewhere, use another root",
        ] {
            #expect(try outcome(root, path) == error)
        }
        let device = "/dev/null: is a character device, not a regular file; name a regular file"
        #expect(try outcome(root, "/dev/null", allowOutside: true) == device)
        let devices = try Root(path: "/dev", confinement: confinement)
        #expect(try outcome(devices, "null").hasPrefix("null: is a character device"))
    }

    @Test("a file its user may not read is an error with the system's reason", arguments: confinements)
    func unreadable(confinement: Confinement) async throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", "S")
        chmod(folder.path, 0o755)
        chmod(folder("secret"), 0)
        let outcome = try await asOrdinaryUser {
            let root = try folder.root(confinement)
            return try self.outcome(root, "secret")
        }
        #expect(
            outcome == "secret: cannot be read: permission denied; change its permissions or leave it out")
    }

    @Test("a root that is missing, a file or empty says so")
    func badRoots() throws {
        let folder = try TemporaryFolder()
        try folder.write("plain", "P")
        let none = ByteString(folder("none"))
        let plain = ByteString(folder("plain"))
        #expect(throws: FileError.folderNotFound(path: none)) { try Root(path: none) }
        #expect(throws: FileError.notFolder(path: plain)) { try Root(path: plain) }
        #expect(throws: FileError.emptyPath) { try Root(path: "") }
    }

    private func bind(_ socket: Int32, to path: String) throws {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(socket, $0, size) }
        }
        try #require(bound == 0)
    }
}
