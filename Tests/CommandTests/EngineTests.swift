import Foundation
import Testing

@Suite("The engine behind the commands")
struct EngineTests {
    /// Files that take every path of the engine: no parts, some lanes, a short last part.
    private static func prepare() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (index, size) in [0, 1, 65_536, 1_000_001, 9_437_185, 700].enumerated() {
            try folder.write(SampleBytes.random(count: size, seed: UInt64(index + 40)), to: "f\(index)")
        }
        return folder
    }

    @Test("every kernel of the processor gives the same manifest and agrees with the others'")
    func kernels() async throws {
        let folder = try Self.prepare()
        var manifests: Set<Data> = []
        for kernel in ["openssl", "shani", "avx2", "avx512"] {
            let environment = ["COSPLAN_KERNEL": kernel]
            let hashed = try await CosplanProcess.run(
                ["hash", "--part-size", "64K", "-r", "."], in: folder.url, environment: environment)
            if kernel != "openssl", hashed.status == 78 {
                // The processor lacks this kernel.
                #expect(hashed.errors.contains(kernel), "\(hashed.errors)")
                continue
            }
            #expect(hashed.status == 0, "\(hashed.errors)")
            manifests.insert(hashed.standardOutput)
            let checked = try await CosplanProcess.run(
                ["verify", "--bytes", "-"], in: folder.url, input: manifests.first, environment: environment)
            #expect(checked.status == 0, "\(checked.output)")
            let pushed = try await CosplanProcess.run(
                ["push", "--rehearse", "-"], in: folder.url, input: manifests.first, environment: environment)
            #expect(pushed.status == 0, "\(pushed.errors)")
        }
        #expect(manifests.count == 1)
    }

    @Test(
        "a kernel that is none is 78 and named",
        arguments: [["hash", "f1"], ["verify", "--bytes", "m"], ["push", "--rehearse", "m"]])
    func unknownKernel(arguments: [String]) async throws {
        let folder = try Self.prepare()
        let planned = try await CosplanProcess.run(["hash", "f1", "-o", "m"], in: folder.url)
        #expect(planned.status == 0, "\(planned.errors)")
        let refused = try await CosplanProcess.run(
            arguments, in: folder.url, environment: ["COSPLAN_KERNEL": "mmx"])
        #expect(refused.status == 78)
        #expect(
            refused.errors.hasPrefix("cosplan: error: ") && refused.errors.contains("mmx"),
            "\(refused.errors)")
        #expect(refused.output.isEmpty)
    }

    @Test("neither the number of threads nor the order of arguments changes a byte of the manifest")
    func deterministic() async throws {
        let folder = try Self.prepare()
        let names = (0..<6).map { "f\($0)" }
        var manifests: Set<Data> = []
        for (jobs, order) in [("1", names), ("2", names.reversed()), ("8", names + ["./f3", "f0"])] {
            let hashed = try await CosplanProcess.run(["hash", "--jobs", jobs] + order, in: folder.url)
            #expect(hashed.status == 0, "\(hashed.errors)")
            manifests.insert(hashed.standardOutput)
        }
        #expect(manifests.count == 1)
    }

    private static let time = "/usr/bin/time"

    @Test(
        "a file of 2 GiB takes less than 100 MiB of memory, mapped pages included",
        .enabled(if: FileManager.default.isExecutableFile(atPath: time) && !CosplanProcess.isSanitized))
    func memory() async throws {
        let folder = try TemporaryFolder()
        let measured = try await CosplanProcess.shell(
            """
            truncate -s 2G big
            \(Self.time) -f %M -o hash cosplan hash --jobs 2 big -o m.yaml &&
                \(Self.time) -f %M -o verify cosplan verify --jobs 2 --bytes m.yaml
            """, in: folder.url)
        #expect(measured.status == 0, "\(measured.errors)")
        for command in ["hash", "verify"] {
            let peak = try #require(Int(try folder.text(command).dropLast()))
            #expect(peak < 100 << 10, "\(command): \(peak) KiB")
        }
    }

    @Test("a reader that wants one line ends hash without words")
    func closedPipe() async throws {
        let folder = try Self.prepare()
        let piped = try await CosplanProcess.shell(
            """
            cosplan hash -q -r . --part-size 64K | head -n 1; echo ${PIPESTATUS[0]}
            cosplan hash -q f1 | head -n 1
            """, in: folder.url)
        #expect(piped.outputLines.first == "---" && piped.outputLines.last(where: { !$0.isEmpty }) == "---")
        #expect(piped.errors.isEmpty, "\(piped.errors)")
    }
}
