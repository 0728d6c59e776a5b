/// How many files of a manifest `verify --bytes` checked, and why others were not.
struct BytesTally {
    /// All files of the manifest that are meant.
    let files: Int
    /// What is selected of the files that can be checked.
    let selected: BytesSelection.Amount
    let scope: BytesScope
    /// Files that are not meant.
    let leftOut: Int
    private(set) var checked = 0
    private(set) var asPlanned = 0
    /// Files that differ from the plan, and those that could not be read.
    private(set) var differing = 0, unread = 0
    /// The fields about whole files that were not checked in files of which some parts were.
    private var notChecked: Set<String> = []

    init(files: Int, selected: BytesSelection.Amount, scope: BytesScope, leftOut: Int = 0) {
        self.files = files
        self.selected = selected
        self.scope = scope
        self.leftOut = leftOut
    }

    /// Counts a checked file.
    mutating func add(_ status: ExitStatus, _ parts: VerifyReport.CheckedParts? = nil) {
        checked += 1
        notChecked.formUnion(parts?.notChecked ?? [])
        switch status {
        case .done: asPlanned += 1
        case .answerIsNo: differing += 1
        default: unread += 1
        }
    }

    /// Files that cannot be checked because of their entries.
    var broken: Int { files - selected.allFiles }
    /// Files that were not reached or not finished.
    var interrupted: Int { selected.files - checked }

    /// For example `1 of 10 files as planned, 9 not checked: interrupted`.
    var summary: String {
        var parts = [agreement]
        if unread > 0 { parts.append("\(unread) not read") }
        if interrupted > 0 { parts.append("\(interrupted) not checked: interrupted") }
        if broken > 0 {
            let entries = broken == 1 ? "its entry breaks" : "their entries break"
            parts.append("\(broken) not checked: \(entries) rules")
        }
        if leftOut > 0 { parts.append("\(leftOut) left out") }
        return parts.joined(separator: ", ")
    }

    private var agreement: String {
        switch scope {
        case .all: return "\(asPlanned) of \(counted(files, "file")) as planned"
        case .shard(let number):
            let inPart = selected.partialFiles > 0 ? ", \(selected.partialFiles) of them in part" : ""
            return "shard \(number): \(asPlanned) of \(counted(selected.files, "file")) as planned\(inPart)"
                + (notChecked.isEmpty ? "" : "; not checked: \(fields)")
        case .sample(let sample, let seed):
            let parts = selected.allParts - selected.parts
            let files = selected.allFiles - selected.files
            let untouched = files > 0 ? ", among them \(counted(files, "whole file"))" : ""
            return
                "sample of \(sample.percent)%, seed \(seed): \(selected.parts) of "
                + "\(counted(selected.allParts, "part")), \(ByteText.size(selected.bytes)) of "
                + "\(ByteText.size(selected.allBytes)), in \(selected.files) of "
                + "\(counted(selected.allFiles, "file")): \(asPlanned) as planned; not checked: "
                + "\(counted(parts, "part"))\(untouched)" + (notChecked.isEmpty ? "" : ", \(fields)")
        }
    }

    /// For example `md5 and sha of files in part`.
    private var fields: String {
        notChecked.sorted().joined(separator: " and ") + " of files in part"
    }
}
