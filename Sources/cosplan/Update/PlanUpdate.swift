import ByteDigests
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// What an earlier manifest gives to the plan that is being made.
struct PlanUpdate {
    /// What is known of the files' states.
    private(set) var earlier = EarlierPlan(spoolFolder: .temporaryFolder)
    /// Entries that stand in the earlier manifest as they would be written now, by the files' places.
    private(set) var untouched: [Int: ByteRange] = [:]
    /// The earlier manifest's bytes, where entries are taken from them.
    private(set) var text: SpoolFile?

    /// Nothing.
    init() {}

    /// What the manifest that `--update` names gives, and the index of `--stamps` if it belongs to it.
    ///
    /// - `writer`: what the plan is written by, without a target.
    /// - `files`: those to be planned, sorted by path.
    /// - Throws: ``CommandFailure``: the manifest is not there or not well-formed, or the index is of another one or of
    ///   other settings.
    init(
        _ options: UpdateOptions, settings: PlanSettings, entries: EntrySettings, writer: ManifestWriter,
        files: [HashRun.File], allowOutside: Bool
    ) throws {
        guard let name = options.update else {
            // Nobody wants a file replaced that is something else.
            if let path = options.stamps { _ = try Stamps(reading: path) }
            return
        }
        let source = try Self.source(name)
        guard let path = options.stamps, let stamps = try Stamps(reading: path) else {
            if let path = options.stamps {
                Console.standardError.note("\(path.escapedForDisplay): not there yet; every file is read")
            }
            try take(source, name: name, allowOutside: allowOutside)
            return
        }
        let spool = SpoolFile(folder: .temporaryFolder)
        try Self.check(stamps, path, against: try Self.copy(source, to: spool), name, entries)
        text = spool
        let wanted = try match(stamps, files, partSize: settings.partSize.bytes)
        if wanted.isEmpty { return }
        guard wanted.reduce(0, { $0 + $1.length }) <= Self.textInMemory else {
            try take(source, name: name, allowOutside: allowOutside)
            return
        }
        // Only entries that may help are read, as a manifest of their own.
        var text = writer.header
        for (index, range) in wanted.enumerated() {
            if index > 0 { text += writer.separator }
            text += try withFileFailures { try spool.bytes(range) }
        }
        text += writer.footer(fileCount: wanted.count)
        try take(MemoryByteSource(text), name: name, allowOutside: allowOutside)
    }

    /// How much of a manifest is put together in memory.
    private static let textInMemory: Int64 = 16 << 20

    private static func source(_ name: String) throws -> FileByteSource {
        let source = try ManifestInput.source(name)
        if let node = source.node, node == FileNode.ofRegularFile(descriptor: STDOUT_FILENO),
            try withFileFailures({ try source.read(upTo: 1).isEmpty })
        {
            throw CommandFailure(
                .usage,
                "\(name.escapedForDisplay): standard output goes there, too, and the shell has emptied it; write with "
                    + "-o \(name.escapedForDisplay)")
        }
        try withFileFailures { try source.rewind() }
        return source
    }

    // States.

    /// Takes over the states of a manifest, whatever rules it breaks: the bytes have to confirm them.
    private mutating func take(_ source: any ByteSource, name: String, allowOutside: Bool) throws {
        let shown = name.escapedForDisplay
        if let other = try OtherFile.recognized(source) {
            throw CommandFailure(.malformed, "\(shown): \(other.advice(name))")
        }
        let check = try withFileFailures {
            try ManifestCheck(source, name: name, allowOutside: allowOutside)
        }
        let errors = check.problems.filter { $0.severity == .error }
        guard !check.isMalformed else {
            for problem in errors { Console.standardError.problem(problem.rendered(in: name)) }
            throw CommandFailure(.malformed, "\(shown): is no manifest to start from; leave out --update")
        }
        if !errors.isEmpty {
            Console.standardError.warning(
                "\(shown): \(counted(errors.count, "error")) in the manifest, see cosplan verify; only what the files' "
                    + "bytes confirm is used")
        }
        try withFileFailures {
            let files = try check.soundFiles()
            while let file = try files.next() { try earlier.add(file.file) }
        }
    }

    // Stamps.

    /// Copies the manifest; gives its SHA-256 in hex.
    private static func copy(_ source: FileByteSource, to spool: SpoolFile) throws -> String {
        try withFileFailures {
            var digest = DigestStream(.sha256)
            while case let bytes = try source.read(upTo: 1 << 18), !bytes.isEmpty {
                digest.take(bytes)
                _ = try spool.append(bytes)
            }
            try source.rewind()
            return digest.digest.hexText
        }
    }

    private static func check(
        _ stamps: Stamps, _ path: String, against digest: String, _ name: String, _ entries: EntrySettings
    ) throws {
        let shown = path.escapedForDisplay
        guard stamps.header.plan == digest else {
            throw CommandFailure(
                .malformed,
                "\(shown): belongs to another manifest than \(name.escapedForDisplay); leave out --stamps, or remove the "
                    + "file and it is written anew")
        }
        guard let difference = entries.difference(from: stamps.header.settings) else { return }
        throw CommandFailure(
            .malformed,
            "\(shown): \(difference); plan with the same options, or remove the file and it is written anew")
    }

    /// Notes which files are untouched.
    ///
    /// - Returns: the entries, in the manifest's order, of files that are not, and of those that may be the same under
    ///   another path, where states are recorded.
    private mutating func match(
        _ stamps: Stamps, _ files: [HashRun.File], partSize: Int64
    ) throws -> [ByteRange] {
        guard let end = text?.length, stamps.files.allSatisfy({ $0.entry.end <= end }) else { return [] }
        var next = 0
        var touched: Set<ByteString> = []
        var sizes: Set<Int64> = []
        for (index, file) in files.enumerated() {
            while next < stamps.files.count, stamps.files[next].path < file.path.bytes { next += 1 }
            if next < stamps.files.count, case let known = stamps.files[next], known.path == file.path.bytes,
                known.identity == file.found, known.identity.wasSettled(at: stamps.header.begun)
            {
                untouched[index] = known.entry
            } else if file.found.size > partSize {
                touched.insert(file.path.bytes)
                sizes.insert(file.found.size)
            }
        }
        guard !touched.isEmpty else { return [] }
        return stamps.files.filter { file in
            file.identity.size > partSize
                && (touched.contains(file.path) || sizes.contains(file.identity.size))
        }.map(\.entry)
    }
}

/// What shows in a file's entry of the options that a plan is made with.
struct EntrySettings {
    let values: [String: String]

    /// The settings of a command.
    init(
        _ plan: PlanSettings, format: ManifestFormat, api: ServiceAPI, prefix: String?, key: String?
    ) {
        values = [
            "--format": format.rawValue,
            "--slice-size": String(plan.sliceSize.bytes),
            "--part-size": String(plan.partSize.bytes),
            "--datasha": plan.datashaKind.rawValue,
            "--no-part-sha1": plan.withPartSHA1 ? "no" : "yes",
            "--checksum": plan.checksums.map(\.rawValue).sorted().joined(separator: ","),
            "--insert-only": String(plan.insertOnly.rawValue),
            "--biz-attr": plan.bizAttr.text,
            "--api": api.rawValue,
            "--prefix": KeyOptions.folder(prefix ?? ""),
            "--key": key ?? "",
        ]
    }

    /// What is not as in `recorded`; nil where all is.
    func difference(from recorded: [String: String]) -> String? {
        for name in Set(values.keys).union(recorded.keys).sorted() where values[name] != recorded[name] {
            func text(_ value: String?) -> String { value.map { "'\($0.escapedForDisplay)'" } ?? "nothing" }
            return "written with \(name.escapedForDisplay) \(text(recorded[name])), now \(text(values[name]))"
        }
        return nil
    }
}
