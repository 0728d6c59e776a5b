import Foundation
import PlanCore
import PlanFiles
import Testing

@Suite("Arguments as paths relative to the root")
struct RootArgumentTests {
    private func relative(_ root: Root, _ argument: String, allowOutside: Bool = false) -> String {
        do throws(FileError) {
            return try root.relativePath(of: Array(argument.utf8), allowOutside: allowOutside).text
        } catch {
            return error.description
        }
    }

    @Test("dots and doubled slashes go; nothing else changes")
    func normalised() throws {
        let root = try TemporaryFolder().root()
        for (argument, path) in [
            ("a", "a"), ("./a", "a"), ("a//b", "a/b"), ("a/./b", "a/b"), (".//./a/././/b/", "a/b"),
            (".", "."), ("./", "."),
            (".hidden", ".hidden"), ("...", "..."), (" ", " "), ("a b/#c", "a b/#c"),
            ("e\u{301}", "e\u{301}"),
            ("\u{e9}", "\u{e9}"), ("line\nbreak", "line\nbreak"),
        ] {
            #expect(Array(relative(root, argument).utf8) == Array(path.utf8))
        }
    }

    @Test("an absolute argument inside the root is accepted, through the root's other names too")
    func absolute() throws {
        let folder = try TemporaryFolder()
        try folder.write("real/sub/f", "F")
        try folder.link("alias", to: "real")
        try folder.link("real/inner", to: "sub")
        for name in ["real", "alias"] {
            let root = try Root(path: ByteString(folder(name)))
            #expect(relative(root, folder("real/sub/f")) == "sub/f")
            #expect(relative(root, folder("alias/sub/f")) == "sub/f")
            #expect(relative(root, folder("alias//./sub/none")) == "sub/none")
            #expect(relative(root, folder("real")) == ".")
            #expect(relative(root, folder("real/inner/f")) == "inner/f")
            #expect(relative(root, "sub/../sub/f") == "sub/f")
            #expect(relative(root, "../real/sub/f") == "sub/f")
            #expect(relative(root, folder("real/sub/..")) == ".")
        }
    }

    @Test("one outside names the root that would work, and is kept where that is allowed")
    func outside() throws {
        let folder = try TemporaryFolder()
        try folder.write("a/in", "I")
        try folder.write("b/out", "O")
        let root = try Root(path: ByteString(folder("a")))
        let there = folder.path
        func refusal(_ argument: String, _ folder: String, _ path: String) -> String {
            "\(argument): lies outside the root '\(there)/a'; use the root '\(folder)' with the path '\(path)', "
                + "or allow paths outside"
        }
        let above = (there as NSString).deletingLastPathComponent
        let name = (there as NSString).lastPathComponent
        for (argument, folder, path) in [
            ("\(there)/b/out", "\(there)/b", "out"), ("../b/out", "\(there)/b", "out"),
            // A missing path resolves to the nearest existing folder.
            ("\(there)/none/deep/x", there, "none/deep/x"), ("../none/deep/../x", there, "none/x"),
            ("\(there)/b/out/x", "\(there)/b", "out/x"),
            ("\(there)/ab", there, "ab"), ("..", above, name), ("/", "/", "."), ("/x", "/", "x"),
        ] {
            #expect(relative(root, argument) == refusal(argument, folder, path))
            #expect(throws: Never.self) {
                // The suggestion works.
                try Root(path: ByteString(folder)).relativePath(of: Array(path.utf8))
            }
        }
        #expect(relative(root, "\(there)/b//./out", allowOutside: true) == "\(there)/b/out")
        #expect(relative(root, "../b/out", allowOutside: true) == "../b/out")
        #expect(relative(root, "\(there)/a/in", allowOutside: true) == "in")
    }

    @Test("nothing, and names that are not UTF-8, are refused")
    func refused() throws {
        let root = try TemporaryFolder().root()
        #expect(relative(root, "") == "path: is empty; name a file")
        #expect(throws: FileError.notUTF8(path: "caf\\xe9 \\xff")) {
            try root.relativePath(of: Array("caf".utf8) + [0xe9, 0x20, 0xff])
        }
        #expect(
            FileError.notUTF8(path: "caf\\xe9").description
                == "caf\\xe9: the name is not UTF-8 and no manifest can hold it; rename it or leave it out")
    }
}
