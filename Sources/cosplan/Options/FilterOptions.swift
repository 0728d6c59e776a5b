import ArgumentParser
import PlanCore
import PlanFiles
import PlanManifest

/// Patterns that choose files: those found in folders, or those of a plan.
struct FilterOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Only files whose path matches. May be repeated.", valueName: "glob"))
    var include: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Leave out files whose path matches. May be repeated.", valueName: "glob"))
    var exclude: [String] = []

    /// Whether no pattern was given.
    var isEmpty: Bool { include.isEmpty && exclude.isEmpty }

    /// The patterns, ready to match.
    func filter() throws(ValidationError) -> FileFilter {
        FileFilter(
            includes: try Self.globs(include, option: "--include"),
            excludes: try Self.globs(exclude, option: "--exclude"))
    }

    private static func globs(_ patterns: [String], option: String) throws(ValidationError) -> [Glob] {
        var globs: [Glob] = []
        for pattern in patterns {
            do throws(GlobError) {
                globs.append(try Glob(ByteString(pattern)))
            } catch {
                throw ValidationError("\(option): \(error.description)")
            }
        }
        return globs
    }

    func validate() throws {
        _ = try filter()
    }
}

/// The files of plans that a command is about: all, or those that patterns choose.
struct FileChoice {
    private let filter: FileFilter
    /// The patterns as they were given; nil for none.
    let include: [String]?
    let exclude: [String]?
    /// Whether patterns choose; else every file is meant.
    let isRestricted: Bool

    init(_ options: FilterOptions) throws(ValidationError) {
        filter = try options.filter()
        include = options.include.isEmpty ? nil : options.include
        exclude = options.exclude.isEmpty ? nil : options.exclude
        isRestricted = !options.isEmpty
    }

    /// Whether the file at `path` is meant.
    func includes(_ path: LocalPath) -> Bool { !isRestricted || filter.selects(file: path.bytes.bytes) }

    /// How many of a manifest's files are meant, and their size in all.
    func count(in manifest: CheckedManifest) throws -> (files: Int, bytes: Int64) {
        guard isRestricted else { return (manifest.fileCount, manifest.totalBytes) }
        return try count(manifest.files())
    }

    /// The same of files that are given one by one.
    func count(_ files: ManifestFiles) throws -> (files: Int, bytes: Int64) {
        var (count, bytes) = (0, Int64(0))
        while let entry = try next(of: files) {
            count += 1
            bytes = bytes.addingClamped(entry.file.fileSize)
        }
        return (count, bytes)
    }

    /// The next file that is meant; nil after the last.
    func next(of files: ManifestFiles) throws -> ManifestFile? {
        while let entry = try files.next() {
            if includes(entry.file.path) { return entry }
        }
        return nil
    }

    /// Refuses patterns that leave nothing of `all` files.
    ///
    /// - Throws: ``CommandFailure`` (66).
    func check(chosen: Int, of all: Int) throws(CommandFailure) {
        guard isRestricted, chosen == 0, all > 0 else { return }
        throw CommandFailure(
            .inputMissing,
            "no files: none of the plan's \(counted(all, "file")) passed --include and --exclude; a pattern with a "
                + "/ is held against the whole path")
    }
}
