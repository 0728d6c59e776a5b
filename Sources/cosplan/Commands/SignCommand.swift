import ArgumentParser
import COSProtocol
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest
import ServiceCore

/// `cosplan sign`: makes the tickets with which a manifest is uploaded from a machine without keys.
struct SignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        _superCommandName: CommandNames.root,
        abstract: "Make a ticket for each file of a manifest; push --tickets needs no keys.",
        usage: "cosplan sign [<options>] --expires <time> --output <file> <manifest> ...",
        discussion: """
            Signs without network, and writes a file that its owner alone can read:

              cosplan sign plan.yaml --expires 72h -o tickets.yaml
              cosplan push plan.yaml --tickets tickets.yaml

            A ticket is a signature for one key. Until it expires, whoever has it can store any content \
            at that key, ask what is there, and perhaps move it, through any endpoint. The service may \
            also accept it for keys that begin with that key. The secret id can be read in it. Protect \
            the file like a password.

            Only the JSON API has tickets. With xml and s3 an offline signature cannot bind the upload's \
            id or its content: use temporary credentials.

            \(CredentialsSource.help)
            """)

    @Argument(
        help: ArgumentHelp("Manifests; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifests: [String]

    @Option(
        help: ArgumentHelp(
            "How long the tickets are valid: 90m, 72h, 7d; at most 90d.", valueName: "time"),
        transform: TicketLifetime.read)
    var expires: TicketLifetime

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the tickets there, whole or not at all, mode 0600.", valueName: "file"),
        completion: .file())
    var output: String

    @Flag(help: "Accept paths that leave the root.")
    var allowOutside = false

    @OptionGroup(title: "Target") var target: TargetOptions
    @OptionGroup(title: "Credentials") var credentials: CredentialsOptions
    @OptionGroup(title: "Output") var console: OutputOptions

    func validate() throws {
        try ManifestInput.checkStandardInput(in: manifests)
        guard output != "-" else {
            throw ValidationError("-o -: tickets are written to a file that others cannot read; name one.")
        }
    }

    func run() throws {
        let style = console.apply()
        if let api = target.api { try TicketSupply.check(api) }
        let destination = Destination(
            flags: target.partialTarget,
            profile: try Profile(
                flag: credentials.profile.profile, hasCredentials: credentials.credentials != nil))
        let plans = try checkedManifests(destination, style)
        let targets = plans.flatMap(\.targets.targets)
        for target in targets { try TicketSupply.check(target.api) }
        ResolvedTargets.warn(of: plans.map(\.targets))
        let pair = try credentials.pair(for: targets, of: destination)
        let now = Int64(time(nil))
        let end = HTTPDate.timestamp(now + expires.seconds)
        do {
            let writer = try TicketFile.Writer(path: output)
            for (name, plan) in zip(manifests, plans) {
                try writer.replacement.require(isNot: plan.node, "the manifest '\(name.escapedForDisplay)'")
                try withFileFailures {
                    try write(plan, to: writer, expires: end) { target, key in
                        Ticket(
                            pair, target: target, key: key, now: now, lifetime: expires.seconds,
                            nonce: .random(in: 0 ... .max))
                    }
                }
            }
            try writer.finish()
        } catch let error as FileError {
            throw CommandFailure.writing(error)
        }
        let count = plans.reduce(0) { $0 + $1.fileCount }
        Console.standardError.note(
            "\(counted(count, "ticket")) until \(end) in \(output.escapedForDisplay); keep it secret")
    }

    /// Reads and checks all manifests before anything is signed.
    private func checkedManifests(
        _ destination: Destination, _ style: ProgressMeter.Style
    ) throws -> [PushRun.Manifest] {
        let reading = ReadingProgress(style, of: manifests)
        defer { reading.stop() }
        var keys = destination.keys
        return try manifests.map { name in
            let file = try withFileFailures { try ManifestInput.source(name) }
            let source = HashingSource(reading.watch(file))
            let checked = try CheckedInput.manifest(
                source, name: name, allowOutside: allowOutside, keys: &keys)
            return PushRun.Manifest(
                checked: checked, fileCount: checked.fileCount, totalBytes: checked.totalBytes,
                node: file.node, sha256: try withFileFailures { try source.hexDigest() },
                targets: try ResolvedTargets(checked, at: destination))
        }
    }

    /// Writes the tickets of a plan, document by document.
    private func write(
        _ plan: PushRun.Manifest, to writer: TicketFile.Writer, expires end: String,
        _ ticket: (JSONTarget, ObjectKey) -> Ticket
    ) throws {
        let files = try plan.checked.files()
        var next = try files.next()
        for (index, target) in plan.targets.targets.enumerated() {
            guard case .json(let target) = target else { continue }  // refused before
            try writer.write(TicketFile.Purpose(plan: plan.sha256, target: target), expires: end)
            while let entry = next, entry.documentIndex == index {
                try writer.replacement.require(isNotPlanned: entry.file.path)
                try writer.write(ticket(target, entry.file.key), for: entry.file.key)
                next = try files.next()
            }
        }
    }
}

extension SignCommand: NamesCommand {
    var names: [String] {
        get { manifests }
        set { manifests = newValue }
    }
}

/// The value of `--expires`: `90m`, `72h`, `7d`.
struct TicketLifetime: Sendable {
    /// **Unit**: seconds.
    let seconds: Int64

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// Reads `text`.
    static func read(_ text: String) throws(ValidationError) -> TicketLifetime {
        let digits = text.dropLast()
        guard let unit = text.last.flatMap({ units[$0] }), !digits.isEmpty,
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else {
            throw ValidationError(
                "give a whole number and s, m, h or d (seconds, minutes, hours, days), such as 72h.")
        }
        // Digits only: what does not fit into Int64 is too long.
        let (seconds, overflow) = (Int64(digits) ?? .max).multipliedReportingOverflow(by: unit)
        guard !overflow, (1...Signature.longestLifetime).contains(seconds) else {
            throw ValidationError("tickets are valid for at least 1s and at most 90d.")
        }
        return TicketLifetime(seconds: seconds)
    }
}
