import ByteDigests
import PlanCore

/// The verdict of `verify` on a manifest.
enum ManifestVerdict: String, Codable {
    case ok
    /// There are warnings, and `--strict` makes them count.
    case notStrictlyOK = "not ok (--strict)"
    /// Rules are broken.
    case broken
    case notAManifest = "not a manifest"
    /// No rule is broken, but files differ from the plan; others may be unreadable.
    case filesDiffer = "files differ"
    /// No rule is broken and no file differs, but some could not be read.
    case filesUnread = "files not read"
    /// With `--remote`: a file differs, is missing, or did not go up according to its receipt.
    case remoteDiffers = "remote differs"
    /// With `--remote`: the store reports too little to compare a file, and no other file differs.
    case remoteUnknown = "cannot tell"
    /// With `--remote`: queries failed, and all other files are the same.
    case unanswered = "not all answered"
    /// Lines of a receipt are damaged.
    case damagedReceipt = "damaged receipt"
    /// No problem was found, but not everything was checked.
    case interrupted
    /// Nothing is wrong with what was checked, and results of other shards are missing.
    case incomplete
    /// The manifest could not be read.
    case unreadable
}

/// The result of `verify`, for `--format json`.
///
/// **Shape**: described in the article <doc:VerifyResult>; fields are only ever added.
struct VerifyReport: Codable {
    /// A broken rule and its place in a manifest.
    struct Entry: Codable {
        var rule: String
        var severity: String
        var line: Int
        var column: Int
        var message: String
    }

    /// The result of checking the bytes of one file.
    struct File: Codable {
        var path: String
        var key: String
        var line: Int
        var filesize: Int64
        /// `as planned`, `differs`, or `unreadable`.
        var result: String
        var findings: [ByteFinding]
        /// If not all of the file was checked: what was.
        var checked: CheckedParts?
    }

    /// What of a file was checked.
    struct CheckedParts: Codable {
        /// The number of parts that were checked, and of all parts of the file.
        var parts: Int
        var allParts: Int
        /// The range of bytes; absent if it is not one range.
        var offset: Int64?
        var length: Int64?
        /// The names of the fields about the whole file that were not checked.
        var notChecked: [String] = []
        /// The CRCs of this range, and those that the manifest records for the whole file, in its notation.
        var checksums: [String: String]?
        var recorded: [String: String]?
    }

    /// One problem found in the bytes of a file.
    struct ByteFinding: Codable, Hashable {
        var rule: String
        var line: Int
        var column: Int
        /// The range it concerns; absent if it concerns the whole file.
        var offset: Int64?
        var length: Int64?
        var message: String

        /// Its line of the text output.
        ///
        /// **Shape**: `manifest:line:column: error rule: message`.
        func line(in manifest: String) -> String {
            "\(manifest.escapedForDisplay):\(line):\(column): error \(rule): \(message)"
        }
    }

    /// One manifest.
    struct Manifest: Codable {
        var manifest: String
        /// The SHA-256 of its bytes; absent if it could not be read.
        var sha256: String?
        /// Why it could not be read; absent if it could.
        var unreadable: String?
        /// Whether it is a manifest at all; absent if it could not be read.
        var wellFormed: Bool? = true
        var documents = 0
        var files = 0
        var bytes: Int64 = 0
        /// The overall verdict.
        var verdict = ManifestVerdict.ok
        /// All errors: broken rules, findings in files, and an unreadable manifest.
        var errors = 0
        var warnings = 0
        var notes = 0
        var problems: [Entry] = []
        /// The number of problems that were counted but not listed.
        var problemsOmitted = 0
        /// With `--bytes`: the files that were checked, in the manifest's order.
        var checkedFiles: [File]?
        /// With `--bytes`: the number of files that were not checked because their entries break rules.
        var uncheckedFiles: Int?
        /// With `--bytes` or `--remote`: the number of files that were not checked because the command was stopped;
        /// absent if it was not.
        var interruptedFiles: Int?
        /// With `--bytes`: how many `--include` and `--exclude` left out; absent without them.
        var leftOutFiles: Int?
        /// The number of lines of a receipt.
        var receiptLines: Int?
        /// With `--remote`: the files queried, in the input's order.
        var remoteFiles: [RemoteFile]?
        /// With `--remote`: the number of files by result; absent if none was queried.
        var remote: RemoteCounts?

        /// Whether rules are broken, or warnings count as errors.
        var isRejected: Bool { verdict == .broken || verdict == .notStrictlyOK }
    }

    /// A position in the planned bytes.
    struct PlanPosition: Codable, Hashable {
        /// The index of the manifest, from 0.
        var manifest: Int
        var path: String
        /// Of the file's entry.
        var line: Int
        var offset: Int64
    }

    /// Which shard of the bytes was checked.
    struct CheckedShard: Codable {
        var index: Int64
        var of: Int64
        /// Where it begins, and where the next one does; absent after the last part.
        var from: PlanPosition?
        var to: PlanPosition?
        /// The patterns that chose the files; absent without them.
        var include: [String]?
        var exclude: [String]?
    }

    /// What a sample consists of.
    struct Sample: Codable {
        var percent: String
        var seed: UInt64
        var files: Int
        var allFiles: Int
        var parts: Int
        var allParts: Int
        var bytes: Int64
        var allBytes: Int64
    }

    /// Shards of one list that no manifest holds.
    struct Missing: Codable {
        /// The list's SHA-256.
        var list: String
        /// The number of shards of the list.
        var of: Int64
        /// The number of missing shards.
        var missing: Int64
        /// The numbers of the first of them.
        var first: [Int64]
    }

    /// The version of the format.
    var version = 1
    /// The exit status of the process.
    var exit: Int32 = 0
    var manifests: [Manifest] = []
    /// If manifests are shards: the other shards of their lists; absent if all are there.
    var missingShards: [Missing]?
    /// With `--shard`: which shard this is.
    var shard: CheckedShard?
    /// With `--sample`: what was drawn.
    var sample: Sample?
    /// With `--shard`: the SHA-256 of the report without this field, which tells an edited one.
    var digest: String?
    /// With `--merge`: what was not checked, in words; absent if all was.
    var notChecked: [String]?

    /// The exit status as an enum.
    var status: ExitStatus { ExitStatus(rawValue: exit) ?? .bug }

    /// The report with the digest of its other fields.
    ///
    /// **Cost**: writes all of it as JSON.
    func sealed() throws -> VerifyReport {
        var sealed = self
        sealed.digest = nil
        sealed.digest = MessageDigest.sha256(try sealed.json).hexText
        return sealed
    }

    /// The JSON text, with a trailing line end.
    var json: [UInt8] {
        get throws { try ResultJSON.encode(self) }
    }
}
