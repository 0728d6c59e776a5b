import PlanCore

/// What `verify` says of a manifest in a word.
enum ManifestVerdict: String, Encodable {
    case ok
    /// Warnings, which count.
    case notStrictlyOK = "not ok (--strict)"
    /// Rules are broken.
    case broken
    case notAManifest = "not a manifest"
    /// The rules are kept, and files are not as planned or could not be read.
    case filesDiffer = "files differ"
    /// Nothing is wrong with what was checked, and not everything was.
    case interrupted
    /// The manifest could not be read.
    case unreadable
}

/// What `verify` found, as `--format json` writes it.
///
/// **Shape**: described in the article <doc:VerifyResult>; fields are only ever added.
struct VerifyReport: Encodable {
    /// A rule broken at a place of a manifest.
    struct Entry: Encodable {
        var rule: String
        var severity: String
        var line: Int
        var column: Int
        var message: String
    }

    /// What the bytes of one file say.
    struct File: Encodable {
        var path: String
        var key: String
        var line: Int
        var filesize: Int64
        /// `as planned`, `differs`, or `unreadable`.
        var result: String
        var findings: [Finding]
    }

    /// One thing that the bytes of a file say.
    struct Finding: Encodable {
        var rule: String
        var line: Int
        var column: Int
        /// The bytes it is about; absent where it is about the whole file.
        var offset: Int64?
        var length: Int64?
        var message: String
    }

    /// One manifest.
    struct Manifest: Encodable {
        var manifest: String
        /// Why it could not be read; absent if it could.
        var unreadable: String?
        /// Whether it is a manifest at all; absent if it could not be read.
        var wellFormed: Bool? = true
        var documents = 0
        var files = 0
        var bytes: Int64 = 0
        /// What all of it comes to.
        var verdict = ManifestVerdict.ok
        /// All errors: rules broken, what bytes say, and a manifest that could not be read.
        var errors = 0
        var warnings = 0
        var notes = 0
        var problems: [Entry] = []
        /// How many problems were counted and are not listed.
        var problemsOmitted = 0
        /// With `--bytes`: the files that could be checked, in the manifest's order.
        var checkedFiles: [File]?
        /// With `--bytes`: how many files could not be checked, because their entries break rules.
        var uncheckedFiles: Int?
        /// With `--bytes`: how many more were not checked, because the command was stopped; absent if it was not.
        var interruptedFiles: Int?
    }

    /// The version of this shape.
    var version = 1
    /// The process's exit status.
    var exit: Int32 = 0
    var manifests: [Manifest] = []

    /// The exit status as the process knows it.
    var status: ExitStatus { ExitStatus(rawValue: exit) ?? .bug }

    /// The JSON text, with a line end.
    var json: [UInt8] {
        get throws { try ResultJSON.encode(self) }
    }
}
