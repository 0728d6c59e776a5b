import ArgumentParser
import COSEmulator
import COSProtocol
import Foundation
import PlanCore
import PlanFiles

/// `cosplan serve`: runs the emulator.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        _superCommandName: CommandNames.root,
        abstract: "Run the emulator of the service on 127.0.0.1, for rehearsals and tests.",
        usage: "cosplan serve [<options>]",
        discussion: """
            Prints its URL when it is ready and runs until Ctrl-C or SIGTERM. It believes nothing it is \
            sent: signatures, forms and every digest are checked. It believes what it keeps: change no \
            file below --root, or its answers describe what it received.

              cosplan serve --root store
              cosplan serve --faults faults.yaml --port 8080

            The pair it accepts comes from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY; without them it is \
            the published test pair:

              COSPLAN_SECRET_ID=AKIDEXAMPLE0000000000000000000000000
              COSPLAN_SECRET_KEY=SECRETKEYEXAMPLE000000000000000000
            """)

    @Option(help: ArgumentHelp("The port on 127.0.0.1; 0 lets the system choose.", valueName: "port"))
    var port = 0

    @Option(
        help: ArgumentHelp(
            "Keep objects and unfinished uploads there; else nothing is kept.", valueName: "dir"),
        completion: .directory)
    var root: String?

    @Option(
        help: ArgumentHelp(
            "A YAML list of faults to act out; the first that matches does.", valueName: "file"),
        completion: .file())
    var faults: String?

    @Option(help: ArgumentHelp("What datasha is expected to be.", valueName: "kind"))
    var datasha = DatashaKind.state

    @Option(
        help: ArgumentHelp(
            "The APIs it speaks, with commas between: json, xml, s3 (default: json,xml).", valueName: "list"),
        transform: Self.apis)
    var api: Set<EmulatedAPI> = [.json, .xml]

    @Option(
        help: ArgumentHelp(
            "Web pages of this origin may use it too, such as http://192.168.0.7:8080; those that this "
                + "machine serves may.", valueName: "origin"))
    var allowOrigin: [String] = []

    @OptionGroup var console: VerbosityOptions

    func validate() throws {
        guard (0...65_535).contains(port) else {
            throw ValidationError("--port \(port) is not from 0 to 65535.")
        }
        for origin in allowOrigin where !Self.isOrigin(origin) {
            throw ValidationError(
                "--allow-origin '\(origin.escapedForDisplay)' is no origin; write scheme, host and port, as in "
                    + "http://192.168.0.7:8080.")
        }
        guard root?.isEmpty != true else {
            throw ValidationError("--root is empty; '.' names the current folder.")
        }
    }

    /// Parses a list of APIs, such as `json,xml`.
    private static func apis(_ text: String) throws -> Set<EmulatedAPI> {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        return Set(
            try names.map { name in
                guard let api = EmulatedAPI(rawValue: String(name)) else {
                    throw ValidationError(
                        "'\(String(name).escapedForDisplay)' is no API of the emulator; use some of json,xml,s3."
                    )
                }
                return api
            })
    }

    /// Whether a text is a valid `Origin`.
    ///
    /// `*`, which would allow any page, is not.
    private static func isOrigin(_ text: String) -> Bool {
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty, url.user() == nil else {
            return false
        }
        return ["http", "https"].contains(url.scheme) && url.path().isEmpty && url.query() == nil
            && url.fragment() == nil
    }

    func run() async throws {
        console.apply()
        if let root { try StoreFolder.check(root) }
        var configuration = EmulatorConfiguration()
        configuration.root = root
        configuration.port = port
        configuration.datashaKind = datasha
        configuration.allowedOrigins = allowOrigin
        configuration.apis = api
        if let faults { configuration.faults = try FaultScript.faults(in: faults) }
        if let credentials = try CredentialsSource().fromEnvironment() {
            configuration.credentials = credentials
        } else {
            Console.standardError.note(
                "no COSPLAN_SECRET_ID is set; accepting the published test pair (see --help)")
        }
        // Signals are handled before the URL is printed: whoever reads it may end the server at once.
        let (interruptions, interruption) = AsyncStream<Void>.makeStream()
        Interruption.shared.take(
            first: { _ in interruption.finish() },
            second: { cause in
                Interruption.endAtOnce(
                    cause, "interrupted: requests under way were cut off; start the same command again")
            })
        let emulator = Emulator(configuration)
        do {
            try await emulator.start()
        } catch {
            await emulator.stop()
            throw CommandFailure(error)
        }
        for notice in emulator.notices { Console.standardError.warning(notice) }
        let output = try StandardOutput()
        try output.line(emulator.url ?? "")
        try output.finish()
        for await _ in interruptions {}
        await emulator.stop()
        for line in Self.summary(of: emulator.statistics) { Console.standardError.detail(line) }
    }

    /// The statistics, for `-v`.
    private static func summary(of asked: EmulatorStatistics) -> [String] {
        let requests = asked.requests.map { "\($0.key.rawValue) \($0.value)" }.sorted()
        let refusals =
            asked.refusals.sorted { $0.key > $1.key }.map { "\($0.key) \($0.value)" }
            + asked.xmlRefusals.map { "\($0.key) \($0.value)" }.sorted()
        var lines = ["requests: " + (requests.isEmpty ? "none" : requests.joined(separator: ", "))]
        if !refusals.isEmpty { lines.append("refused: " + refusals.joined(separator: ", ")) }
        lines.append(
            "taken: \(counted(asked.slicesTaken, "slice")), \(counted(asked.partsTaken, "part")), \(ByteText.size(asked.bytesTaken)), "
                + counted(asked.objectsUploaded + asked.objectsInstant, "object"))
        return lines
    }
}

extension CommandFailure {
    /// The error of an emulator that cannot run, in the command's words.
    init(_ error: EmulatorError) {
        switch error {
        case .cannotListen(let port, EADDRINUSE, _):
            self.init(.inputOutput, "port \(port) is in use; choose another, or 0")
        case .cannotListen(let port, let code, _) where code != 0:
            self.init(
                .inputOutput,
                "port \(port): cannot listen there: \(String(cString: strerror(code)).lowercased()); choose "
                    + "another, or 0")
        case .cannotListen: self.init(.inputOutput, error.description)
        case .cannotUseRoot: self.init(.cannotWrite, error.description)
        case .tooFewDescriptors: self.init(.configuration, error.description)
        case .startedBefore: self.init(.bug, error.description)
        }
    }
}

extension ServeCommand: LimitedCommand {
    func applyConsole() { console.apply() }

    var needs: ProcessNeeds {
        ProcessNeeds(
            threads: 8 + ProcessInfo.processInfo.activeProcessorCount, memory: 64 << 20, descriptors: 36,
            isConcurrent: true)
    }
}
