import ArgumentParser
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// `cosplan verify`: checks manifests against the documented rules, and files against manifests.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check manifests against the documented rules; with --bytes the files too.",
        usage: "cosplan verify [<options>] <manifest> ...",
        discussion: """
            Needs neither network nor files; lists every problem as FILE:LINE:COLUMN. With --bytes it \
            also reads the files, on all cores, and tells changed data from a damaged manifest line:

              cosplan verify plan.yaml
              cosplan hash big.bin | cosplan verify -
              cosplan verify --bytes --root /data plan.yaml

            Ends with 0 if all is well, 1 if not, 65 if a text is no manifest, 66 if an input is \
            missing.
            """)

    @Argument(
        help: ArgumentHelp("Manifests; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifests: [String] = []

    @Flag(help: "Check the files' bytes against the manifest too.")
    var bytes = false

    @OptionGroup var root: RootOptions
    @OptionGroup(title: "Target") var target: TargetOptions

    @Option(
        help: ArgumentHelp("How the result is written: text, or one JSON object.", valueName: "form"))
    var format = ResultFormat.text

    @Flag(help: "Count warnings as errors.")
    var strict = false

    @Flag(help: "List every rule: id, severity, wording, where it is documented.")
    var rules = false

    @OptionGroup var jobs: JobsOptions
    @OptionGroup var console: OutputOptions

    func validate() throws {
        guard rules || !manifests.isEmpty else {
            throw ValidationError("No manifest given; name one, or - for standard input.")
        }
        guard !rules || manifests.isEmpty else {
            throw ValidationError("--rules takes no manifest.")
        }
        guard manifests.filter({ $0 == "-" }).count <= 1 else {
            throw ValidationError("Standard input (-) can be read once.")
        }
    }

    func run() throws {
        let style = console.apply()
        let output = try StandardOutput()
        if rules {
            try RuleTable.write(as: format, to: output)
            return try output.finish()
        }
        // Checks everything that can fail before it reads any input.
        let engine = bytes ? DigestEngine(jobs: jobs.count, kernel: try EngineOptions.kernel()) : nil
        let root = bytes ? try withFileFailures { try Root(path: ByteString(self.root.root)) } : nil
        let text = format == .text ? output : nil
        var run = VerifyRun(
            strict: strict, allowOutside: self.root.allowOutside, target: target.partialTarget,
            checksBytes: bytes,
            showsNotes: !console.verbosity.quiet, output: text)
        do {
            for manifest in manifests { try run.check(manifest) }
            if let root, let engine {
                try run.checkBytes(below: root, engine: engine, style: style)
            }
        } catch {
            // Results found before the failure are written. If that fails, its error takes precedence.
            try output.finish()
            throw error
        }
        let report = run.report()
        if format == .json { try output.write(try report.json) }
        try output.finish()
        guard report.status != .done else { return }
        throw CommandFailure(report.status, nil)
    }
}

extension VerifyCommand: NamesCommand {
    var names: [String] {
        get { manifests }
        set { manifests = newValue }
    }
}

extension VerifyCommand: LimitedCommand {
    var needs: ProcessNeeds {
        bytes ? .hashing : ProcessNeeds(threads: 0, memory: 16 << 20, descriptors: 2, isConcurrent: false)
    }
}
