/// How many files of a manifest `verify --bytes` checked, and why others were not.
struct BytesTally {
    /// All files of the manifest that are meant.
    let files: Int
    /// The files whose entries break no rule that prevents a check.
    let sound: Int
    /// Files that are not meant.
    let leftOut: Int
    private(set) var checked = 0
    private(set) var asPlanned = 0

    init(files: Int, sound: Int, leftOut: Int = 0) {
        self.files = files
        self.sound = sound
        self.leftOut = leftOut
    }

    /// Counts a checked file.
    mutating func add(_ status: ExitStatus) {
        checked += 1
        if status == .done { asPlanned += 1 }
    }

    /// Files that cannot be checked because of their entries.
    var broken: Int { files - sound }
    /// Files that were not reached or not finished.
    var interrupted: Int { sound - checked }

    /// For example `1 of 10 files as planned, 9 not checked: interrupted`.
    var summary: String {
        var parts = ["\(asPlanned) of \(counted(files, "file")) as planned"]
        if interrupted > 0 { parts.append("\(interrupted) not checked: interrupted") }
        if broken > 0 {
            let entries = broken == 1 ? "its entry breaks" : "their entries break"
            parts.append("\(broken) not checked: \(entries) rules")
        }
        if leftOut > 0 { parts.append("\(leftOut) left out") }
        return parts.joined(separator: ", ")
    }
}
