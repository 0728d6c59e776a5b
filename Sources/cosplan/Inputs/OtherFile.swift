import COSUpload
import PlanCore
import PlanManifest

/// A file of another kind that `cosplan` wrote, where a manifest is needed.
enum OtherFile {
    /// What `push` did.
    case receipt
    /// What `sign` made.
    case tickets
    /// The files' times, which `hash --stamps` keeps.
    case stamps

    /// The kind, by how `source` begins; nil for any other file.
    ///
    /// Rewinds the source.
    static func recognized(_ source: any ByteSource) throws -> OtherFile? {
        try withFileFailures {
            if try ReceiptContents.begins(source) { return .receipt }
            let beginning = try source.read(upTo: 256)
            try source.rewind()
            if TicketFile.isBeginning(beginning) { return .tickets }
            return StampsHeader.isBeginning(beginning) ? .stamps : nil
        }
    }

    /// What it is and what it is for; `name` is the file's.
    func advice(_ name: String) -> String {
        switch self {
        case .receipt:
            "this is a receipt of push, not a manifest; ask the store about it with cosplan verify --remote "
                + name.escapedForDisplay
        case .tickets:
            "these are tickets, not a manifest; give them beside their plan: cosplan push PLAN --tickets "
                + name.escapedForDisplay
        case .stamps:
            "these are the files' times, not a manifest; give them beside their plan: cosplan hash --update PLAN "
                + "--stamps " + name.escapedForDisplay
        }
    }

    /// The same as a problem of the manifest that was expected.
    func problem(_ name: String) -> Problem {
        Problem(.wellFormed, at: Place(line: 1, column: 1), advice(name))
    }
}
