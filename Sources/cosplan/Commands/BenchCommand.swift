import ArgumentParser
import Foundation
import PlanCore
import PlanDigest
import PlanFiles

/// `cosplan bench`: how fast this machine plans and checks.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        _superCommandName: CommandNames.root,
        abstract: "Measure planning and checking on this machine, per kernel and thread count.",
        usage: "cosplan bench [<options>]",
        discussion: """
            Runs the commands' own engine on bytes in memory, or on a file, in rounds that take turns, \
            and prints medians and spreads. "x" compares with one OpenSSL stream of the same run.

              cosplan bench
              cosplan bench --file big.bin --rounds 9 --format json
            """)

    @Option(
        help: ArgumentHelp("Measure on this file instead of memory.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp("How many bytes in memory (K = 1024, M, G; default: 256M).", valueName: "size"),
        transform: ByteCountArgument.read)
    var size: ByteCountArgument?

    @Option(help: ArgumentHelp("How often each measurement is made.", valueName: "n"))
    var rounds = 5

    @Option(
        help: ArgumentHelp(
            "How many files a batch has (default: 16; with --file 2, for each is the whole file).",
            valueName: "n"))
    var files: Int?

    @Option(
        help: ArgumentHelp("How the result is written: text, or one JSON object.", valueName: "form"))
    var format = ResultFormat.text

    @OptionGroup var jobs: JobsOptions
    @OptionGroup var console: OutputOptions

    func validate() throws {
        guard (1...1000).contains(rounds) else {
            throw ValidationError("--rounds \(rounds) is not from 1 to 1000.")
        }
        guard (1...10_000).contains(batch) else {
            throw ValidationError("--files \(batch) is not from 1 to 10000.")
        }
        guard (Self.minimumBytes...8 << 30).contains(bytesInMemory) else {
            throw ValidationError("--size \(bytesInMemory) is not from 1M to 8G.")
        }
        guard file == nil || size == nil else {
            throw ValidationError("--file and --size exclude each other: a file is as long as it is.")
        }
    }

    /// Less finishes too quickly to be measured.
    private static let minimumBytes: Int64 = 1 << 20

    private var bytesInMemory: Int64 { size?.bytes ?? 256 << 20 }
    private var batch: Int { files ?? (file == nil ? 16 : 2) }

    func run() throws {
        let style = console.apply()
        let output = try StandardOutput()
        takeSignals()
        let bench = try BenchRun(makeBench(), rounds: rounds, files: batch, jobs: jobs.count)
        let report = try bench.run(style: style, source: file?.escapedForDisplay ?? "memory")
        switch format {
        case .text: for line in report.lines { try output.line(line) }
        case .json: try output.write(try ResultJSON.encode(report))
        }
        try output.finish()
        if let widest = report.widestSpread, widest > 15 {
            Console.standardError.warning(
                "the rounds differ by up to \(ByteText.fixed(widest, decimals: 0)) % of the median: something else was "
                    + "running; take the figures as rough, or run it again")
        }
    }

    /// A signal ends the process at once: a measurement cannot be interrupted, and a partial result is of no
    /// use.
    private func takeSignals() {
        let end: @Sendable (Interruption.Cause) -> Void = { cause in
            Interruption.endAtOnce(
                cause, "interrupted: the measurements were not finished; nothing was written")
        }
        Interruption.shared.take(first: end, second: end)
    }

    private func makeBench() throws -> EngineBench {
        do {
            guard let file else {
                return try EngineBench(memory: Int(bytesInMemory), partSize: PartSize(for: .standard))
            }
            let path = try LocalPath(ByteString(file), allowOutside: true)
            let opened = try Root().open(path, allowOutside: true)
            guard opened.identity.size >= Self.minimumBytes else {
                throw CommandFailure(
                    .usage,
                    "--file \(file.escapedForDisplay): has \(opened.identity.size) bytes, too few to measure; "
                        + "name a file of 1M or more")
            }
            return try EngineBench(file: opened, partSize: PartSize(for: .standard))
        } catch let error as DigestError {
            throw CommandFailure(ExitStatus(error), error.text)
        } catch FileError.notFound(let path, _) {
            // bench has no --root, so it gives a different error.
            throw CommandFailure(FileError.noSuchFile(path: path))
        } catch let error as FileError {
            throw CommandFailure(error)
        } catch let error as LocalPathError {
            throw CommandFailure(.usage, "--file: \(error.description)")
        }
    }
}

extension BenchCommand: LimitedCommand {
    func applyConsole() { _ = console.apply() }

    var needs: ProcessNeeds {
        // Each thread maps windows of a file; data in memory exists once.
        let bytes = file == nil ? Int(bytesInMemory) : 0
        return ProcessNeeds(
            threads: 2 * jobs.count + 4, memory: bytes + (jobs.count + 2) * 32 << 20, descriptors: 8 + batch,
            isConcurrent: false, memoryOptions: "--jobs or --size")
    }
}
