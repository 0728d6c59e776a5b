import PlanCore
import PlanManifest

/// The result of `diff` besides its list of files, for `--format json`.
///
/// **Shape**: described in the article <doc:DiffResult>; fields are only ever added.
struct DiffReport: Encodable {
    /// The version of the format.
    var version = 1
    /// The exit status of the process.
    var exit: Int32
    var old: String
    var new: String
    var changed: Int
    var added: Int
    var removed: Int
    var same: Int

    init(_ totals: ManifestComparison.Totals, old: String, new: String) {
        exit = (totals.areSame ? ExitStatus.done : .answerIsNo).rawValue
        self.old = old
        self.new = new
        changed = totals.changed
        added = totals.added
        removed = totals.removed
        same = totals.same
    }

    /// A file that differs.
    struct File: Encodable {
        /// `changed`, `added` or `removed`.
        var change: String
        var path: String
        var key: String
        var filesize: Int64
        var sha: String
        /// Of an added file: a removed file whose name differs only in its Unicode normal form.
        var namedLike: String?
        /// Of a changed file: whether its bytes are the same.
        var sameContent: Bool?
        var fields: [Field]?
        var settings: [Field]?
        var ranges: [Range]?
        /// The number of parts whose digests differ although the bytes are the same; absent if there are
        /// none.
        var contradictingParts: Int?
    }

    struct Field: Encodable {
        var name: String
        var old: String?
        var new: String?
    }

    struct Range: Encodable {
        var offset: Int64
        var length: Int64
        /// Whether it is certain that bytes in it differ.
        var certain: Bool
    }
}

extension DiffReport.File {
    init(_ change: FileChange) {
        let file = change.file
        self.init(
            change: "", path: file.path.text, key: file.key.text, filesize: file.fileSize, sha: file.sha.hex)
        switch change.kind {
        case .added(let namedLike):
            self.change = "added"
            self.namedLike = namedLike?.text
        case .removed: self.change = "removed"
        case .changed(_, let comparison, let settings):
            self.change = "changed"
            sameContent = comparison.hasSameContent
            fields = comparison.fields.map(DiffReport.Field.init)
            self.settings = settings.map(DiffReport.Field.init)
            ranges = comparison.ranges.map {
                DiffReport.Range(offset: $0.range.offset, length: $0.range.length, certain: $0.isCertain)
            }
            contradictingParts = comparison.contradictingParts > 0 ? comparison.contradictingParts : nil
        }
    }
}

extension DiffReport.Field {
    fileprivate init(_ field: FieldDifference) {
        self.init(name: field.name, old: field.old, new: field.new)
    }
}

/// The text output of `diff` for one file.
enum DiffText {
    static func lines(of change: FileChange) -> [String] {
        let file = change.file
        let size = "\(ByteText.size(file.fileSize)) (\(file.fileSize))"
        switch change.kind {
        case .removed: return ["removed  \(file.path)  \(size)"]
        case .added(nil): return ["added    \(file.path)  \(size)"]
        case .added(let alike?):
            return [
                "added    \(file.path)  \(size)",
                "         its name is that of a removed file but for the normal form (NFC, NFD): was "
                    + "\(codePoints(alike)), is \(codePoints(file.path.bytes))",
            ]
        case .changed(let old, let comparison, _): return lines(from: old, to: file, comparison)
        }
    }

    private static func lines(
        from old: PlannedFile, to new: PlannedFile, _ comparison: FileComparison
    ) -> [String] {
        var lines: [String] = []
        for field in comparison.fields where !SettingsTally.isSetting(field.name) {
            lines.append("         \(field.name)  \(shown(field.old)) -> \(shown(field.new))")
        }
        for range in comparison.ranges {
            lines.append(
                range.isCertain
                    ? "         differs  \(range.range)"
                    : "         may differ  \(range.range); no digest of just these bytes is in both")
        }
        if comparison.contradictingParts > 0 {
            lines.append(
                "         \(counted(comparison.contradictingParts, "part")) with other digests though sha is the same: "
                    + "one plan is damaged; see cosplan verify --bytes")
        }
        return lines.isEmpty ? [] : ["changed  \(new.path)"] + lines
    }

    static func shown(_ value: String?) -> String {
        value.map { $0.isEmpty ? "''" : $0.escapedForDisplay } ?? "(none)"
    }

    /// The code points beyond ASCII in a name, which look the same in another normal form.
    private static func codePoints(_ name: ByteString) -> String {
        name.text.unicodeScalars.filter { $0.value > 0x7e }.prefix(8).map { "U+" + $0.codePointText }
            .joined(separator: " ")
    }
}

/// Counts settings that differ, to report each once with the number of files.
struct SettingsTally {
    private struct Change: Hashable {
        let name: String
        let old: String?
        let new: String?
    }

    private static let names: Set<String> = ["slice_size", "insertOnly", "part size", "sha1 of parts"]
    private var counts: [Change: Int] = [:]
    /// In the order of first occurrence.
    private var order: [Change] = []

    /// Whether a field is a setting that many files share.
    static func isSetting(_ name: String) -> Bool { names.contains(name) }

    mutating func add(_ change: FileChange) {
        guard case .changed(_, let comparison, let settings) = change.kind else { return }
        for field in settings + comparison.fields.filter({ Self.isSetting($0.name) }) {
            let change = Change(name: field.name, old: field.old, new: field.new)
            if counts[change] == nil { order.append(change) }
            counts[change, default: 0] += 1
        }
    }

    var lines: [String] {
        order.map { change in
            "settings \(change.name)  \(DiffText.shown(change.old)) -> \(DiffText.shown(change.new))  "
                + "in \(counted(counts[change] ?? 0, "file"))"
        }
    }
}
