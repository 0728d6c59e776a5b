import PlanCore
import PlanFiles
import Testing

@Suite("Patterns for paths")
struct GlobTests {
    private func matches(_ pattern: String, _ path: String) throws -> Bool {
        // As in the table: a path that ends in / is a folder.
        try Glob(ByteString(pattern)).matches(path.utf8, isFolder: path.hasSuffix("/"))
    }

    @Test(
        "a pattern matches what it says and no more",
        arguments: [
            // Without a slash: the last segment, at any depth.
            ("*.img", ["a.img", ".img", "d/a.img", "d/e/f.img"], ["a.imgs", "a.img/b", "aimg", "a.IMG"]),
            ("disk", ["disk", "d/disk", "disk/"], ["disks", "disk/a", "a-disk"]),
            ("?", ["a", "上", "d/é"], ["", "ab", "e\u{301}"]),
            // With a slash: the whole path from the root.
            ("/a", ["a", "a/"], ["d/a"]),
            ("d/*.img", ["d/a.img"], ["a.img", "e/d/a.img", "d/e/a.img"]),
            ("./d/a", ["d/a"], ["e/d/a"]),
            ("d//a", ["d/a"], ["da"]),
            // Any number of folders.
            ("**/a", ["a", "d/a", "d/e/a"], ["da", "a/b"]),
            ("d/**", ["d/a", "d/e/a", "d/e/"], ["d/", "d", "da"]),
            ("d/**/a", ["d/a", "d/e/a", "d/e/f/a"], ["a", "d/ea", "da"]),
            ("**", ["a", "d/a", "d/"], []),
            ("**/d/**/a", ["d/a", "x/d/y/a", "d/d/a"], ["x/a", "d/x"]),
            ("***/a", ["a", "d/e/a"], ["da"]),
            ("a**b", ["ab", "axb"], ["a/b"]),
            // Folders only.
            ("tmp/", ["tmp/", "d/tmp/"], ["tmp", "d/tmp", "tmp/a"]),
            ("/d/tmp/", ["d/tmp/"], ["tmp/", "d/tmp"]),
            // Sets.
            ("[abc]", ["a", "c", "x/b"], ["d", "ab", "A"]),
            ("[a-cx]", ["b", "x"], ["d", "-"]),
            ("[!a-c]", ["d", "上"], ["a", "b"]),
            ("[^a]", ["b", "^"], ["a"]),
            ("[]a]", ["]", "a"], ["b"]),
            ("[!]a]", ["b"], ["]", "a"]),
            ("[a-]", ["a", "-"], ["b"]),
            ("[\\]\\-]", ["]", "-"], ["\\"]),
            ("[é-ü]", ["ö"], ["z"]),
            // Escaped characters.
            ("\\*", ["*"], ["a"]),
            ("a\\?b", ["a?b"], ["axb"]),
            ("{a,b}", ["{a,b}"], ["a"]),
            (".*", [".hidden", "d/.git/"], ["a.b"]),
            ("*a*b*c*", ["abc", "xaxbxcx", "aabbcc"], ["acb", "ab"]),
            ("*ab", ["ab", "aab", "abab"], ["aba"]),
            ("caf\u{e9}", ["caf\u{e9}"], ["cafe\u{301}"]),
        ] as [(String, [String], [String])])
    func table(pattern: String, taken: [String], left: [String]) throws {
        for path in taken { #expect(try matches(pattern, path), "\(pattern) should match \(path)") }
        for path in left { #expect(try !matches(pattern, path), "\(pattern) should not match \(path)") }
    }

    @Test("a byte that is not UTF-8 is one character")
    func notUTF8() throws {
        let name: [UInt8] = Array("a".utf8) + [0xff, 0xe4, 0xb8] + Array("b".utf8)
        #expect(try Glob("a???b").matches(name, isFolder: false))
        #expect(try Glob("a*b").matches(name, isFolder: false))
        #expect(try !Glob("a??b").matches(name, isFolder: false))
        #expect(try Glob("a[!x][!x][!x]b").matches(name, isFolder: false))
    }

    @Test("a pattern of many stars against a long name takes no noticeable time")
    func linear() throws {
        let glob = try Glob(ByteString(String(repeating: "*a", count: 100) + "b"))
        #expect(!glob.matches(Array(repeating: UInt8(ascii: "a"), count: 2000), isFolder: false))
        let folders = try Glob(ByteString(String(repeating: "**/a/", count: 60) + "b"))
        #expect(!folders.matches(Array(String(repeating: "a/", count: 1000).utf8), isFolder: false))
    }

    @Test("what is no pattern says why")
    func errors() {
        for (pattern, words) in [
            "": "pattern '': names nothing; write * for every file",
            "/": "pattern '/': names nothing; write * for every file",
            "./": "pattern './': names nothing; write * for every file",
            "[a": "pattern '[a': a [ has no ] in its segment; write \\[ for a plain bracket",
            "[]": "pattern '[]': a [ has no ] in its segment; write \\[ for a plain bracket",
            "[a/b]": "pattern '[a/b]': a [ has no ] in its segment; write \\[ for a plain bracket",
            "[z-a]": "pattern '[z-a]': a range in brackets runs backwards; write its lower end first",
            "a\\": "pattern 'a\\': a \\ stands before nothing; write \\\\ for a plain backslash",
            "../a": "pattern '../a': has a '..' segment; patterns are relative to the root",
        ] {
            do throws(GlobError) {
                _ = try Glob(ByteString(pattern))
                Issue.record("\(pattern) is no pattern")
            } catch {
                #expect(error.description == words)
            }
        }
    }

    @Test("a filter takes what some include and no exclude names, folders for what is in them")
    func filter() throws {
        let filter = FileFilter(
            includes: [try Glob("*.img"), try Glob("keep/")], excludes: [try Glob("old*")])
        #expect(filter.includes(file: "a.img".utf8) && filter.includes(file: "d/keep/e/x".utf8))
        #expect(!filter.includes(file: "d/x".utf8) && !filter.includes(file: "keep".utf8))
        #expect(
            filter.excludes("old.img".utf8, isFolder: false) && filter.excludes("d/old".utf8, isFolder: true))
        #expect(!filter.excludes("a.img".utf8, isFolder: false))
        #expect(FileFilter().includes(file: "x".utf8) && !FileFilter().excludes("x".utf8, isFolder: false))
    }
}

/// Patterns held against the paths of a plan, without folders to look into.
@Suite("A plan's files by patterns")
struct FilterSelectionTests {
    private static func filter(_ includes: [String], _ excludes: [String]) throws -> FileFilter {
        FileFilter(
            includes: try includes.map { try Glob(ByteString($0)) },
            excludes: try excludes.map { try Glob(ByteString($0)) })
    }

    @Test("a file is meant if it or a folder it lies in is included, and neither is excluded")
    func selects() throws {
        for (includes, excludes, path, isMeant) in [
            ([], [], "a/b/c", true), (["b"], [], "a/b/c", true), (["b/"], [], "a/b/c", true),
            (["c/"], [], "a/b/c", false), ([], ["a"], "a/b/c", false), ([], ["c/"], "a/b/c", true),
            ([], ["/b"], "a/b/c", true), (["*.c"], ["b/"], "a/b/x.c", false), (["/a/*"], [], "a/b/c", true),
            (["/a/*.c"], [], "a/b/x.c", false), ([], ["*"], "a", false),
        ] as [([String], [String], String, Bool)] {
            let filter = try Self.filter(includes, excludes)
            #expect(filter.selects(file: Array(path.utf8)) == isMeant, "\(includes) \(excludes) \(path)")
        }
    }
}
