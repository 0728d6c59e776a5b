import COSEmulator
import Foundation
import Testing

@Suite("COSEmulator: its article")
struct ArticleTests {
    @Test("the article's code runs as it stands")
    func code() async throws {
        let scratch = try ScratchFolder()
        let folder = scratch.path + "/root"
        var configuration = EmulatorConfiguration()
        configuration.root = folder
        let emulator = Emulator(configuration)
        let port = try await emulator.start()
        #expect(emulator.url == "http://127.0.0.1:\(port)")
        configuration.faults = [
            Fault(.dropReply, operation: .finish),
            Fault(.status(503, code: -181), operation: .data, nth: 3, times: 2),
        ]
        await emulator.stop()
        let taken = emulator.statistics.bytesTaken
        #expect(taken == 0)

        let article = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/COSEmulator/COSEmulator.docc/TestingAgainstTheEmulator.md"
        ).standardized
        let own = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
            .components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let blocks = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```swift\n")
        #expect(blocks.count == 4)
        for block in blocks.dropFirst() {
            for line in block.components(separatedBy: "```")[0].components(separatedBy: "\n") {
                #expect(own.contains(line.trimmingCharacters(in: .whitespaces)), "\(line)")
            }
        }
    }
}
