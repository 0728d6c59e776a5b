import Foundation
import Testing

@Suite("cosplan serve")
struct ServeTests {
    @Test("a port in use is 74 and says so in words of its own")
    func port() async throws {
        let folder = try TemporaryFolder()
        let running = try ServeProcess(in: folder.url)
        let second = try await CosplanProcess.run(["serve", "-q", "--port", running.port], in: folder.url)
        #expect(second.status == 74)
        #expect(
            second.errors == "cosplan: error: port \(running.port) is in use; choose another, or 0\n")
    }

    @Test("a root that is a file, or somebody's folder, is refused and left alone")
    func root() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "photos/cat.jpg")
        let file = try await CosplanProcess.run(["serve", "-q", "--root", "photos/cat.jpg"], in: folder.url)
        #expect(file.status == 73)
        #expect(
            file.errors
                == "cosplan: error: --root photos/cat.jpg: is a file; name a folder to keep objects in\n")
        let others = try await CosplanProcess.run(["serve", "-q", "--root", "photos"], in: folder.url)
        #expect(others.status == 73)
        #expect(others.errors.contains("--root photos: holds other files"), "\(others.errors)")
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.url.appending(path: "photos").path)
        #expect(left == ["cat.jpg"])
    }

    @Test("an empty folder, one that is not there yet, and a store again are taken")
    func stores() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "empty"), withIntermediateDirectories: false)
        for root in ["empty", "new", "new", "empty"] {
            try ServeProcess(["--root", root], in: folder.url).stop()
        }
    }

    @Test("it has no --progress, which would show nothing")
    func noProgress() async throws {
        let folder = try TemporaryFolder()
        let refused = try await CosplanProcess.run(["serve", "--progress", "bar"], in: folder.url)
        #expect(refused.status == 64)
    }

    @Test("-v says at the end what it was asked")
    func verbose() async throws {
        let folder = try TemporaryFolder()
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe; cosplan serve -v > pipe 2> e & read -r url < pipe
            kill -TERM $!; wait $!; cat e
            """, in: folder.url)
        // With `-v` every line has the seconds since the start.
        #expect(ended.output.contains(/cosplan: \[\d+\.\d+s\] requests: none\n/), "\(ended.output)")
    }
}
