import Foundation
import Testing

@testable import cosplan

@Suite("Long command lines")
struct LongArgumentsTests {
    private func names(_ count: Int, _ prefix: String = "f") -> [String] {
        (0..<count).map { "\(prefix)\($0)" }
    }

    @Test("up to 64 names in a row the parser gets everything")
    func short() {
        for arguments in [["hash"], ["hash"] + names(63), ["hash", "-q"] + names(64) + ["-o", "x"]] {
            #expect(LongArguments(arguments).shortened == arguments)
            #expect(!LongArguments(arguments).isShortened)
        }
    }

    @Test("a longer row's names come back in their places, and options stay where they were")
    func long() {
        let (first, second) = (names(70), names(1000, "--g"))
        let arguments = ["hash", "-q"] + first + ["-o", "out", "--"] + second
        let long = LongArguments(arguments)
        #expect(long.shortened.count == 2 + 4 + 3 + 4)
        #expect(long.shortened.prefix(5) == ["hash", "-q", "f0", "f1", "f2"])
        #expect(long.shortened[6..<12] == ["-o", "out", "--", "--g0", "--g1", "--g2"])
        #expect(long.restore(Array(long.shortened[2...5])) == first)
        #expect(long.restore(Array(long.shortened[9...])) == second)
    }

    @Test("thousands of files are planned as from a list, and what is wrong with them is said in one line")
    func command() async throws {
        let folder = try TemporaryFolder()
        let files = names(3000)
        for name in files { try folder.write(name, to: name) }
        let listed = try await CosplanProcess.run(
            ["hash", "-q", "--files-from", "-"], in: folder.url,
            input: Data(files.joined(separator: "\n").utf8))
        let named = try await CosplanProcess.run(["hash", "-q"] + files, in: folder.url)
        #expect(named.status == 0)
        #expect(named.output == listed.output)
        let wrong = try await CosplanProcess.run(["show"] + files, in: folder.url)
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("'f1', and 2998 more"))
        #expect(wrong.errors.utf8.count < 600)
        #expect(!wrong.errors.utf8.contains(0))
    }
}
