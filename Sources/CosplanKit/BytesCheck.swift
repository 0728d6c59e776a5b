import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Checks the bytes of files against their entries in a manifest, several at once.
package struct BytesCheck: Sendable {
    /// The folder that paths are relative to.
    package var root: Root
    package var engine: DigestEngine
    /// Whether paths may leave the root.
    package var allowOutside: Bool
    package var cancellation: Cancellation

    package init(
        root: Root, engine: DigestEngine, allowOutside: Bool = false, cancellation: Cancellation
    ) {
        self.root = root
        self.engine = engine
        self.allowOutside = allowOutside
        self.cancellation = cancellation
    }

    /// Checks the files that `next` gives, in bounded number at a time, until it is cancelled.
    ///
    /// - `begins`: called for each file before it is checked, with its counters.
    /// - `checked`: called for each in their order with what its bytes say.
    /// - Throws: what the closures throw.
    package func check(
        _ next: () throws -> FileToCheck?, begins: (FileToCheck, DigestProgress) -> Void = { _, _ in },
        checked: (FileToCheck, Result<CheckReport, DigestError>) throws -> Void
    ) throws {
        // Files are needed again, in the same order, when they are done.
        var files = ArraySlice<FileToCheck>()
        try engine.check(
            next: {
                guard let file = try next() else { return nil }
                files.append(file)
                let (plan, progress) = (file.entry.file, DigestProgress())
                begins(file, progress)
                return CheckRequest(
                    open: { [root, allowOutside, path = plan.path] () throws(FileError) in
                        try root.open(path, allowOutside: allowOutside)
                    }, plan: plan, selection: file.selection, progress: progress)
            }, cancellation: cancellation,
            finished: { result in
                try checked(files.removeFirst(), result)
                return true
            })
    }
}

/// A file whose bytes are checked.
package struct FileToCheck: Sendable {
    package let entry: ManifestFile
    /// The parts that are checked; nil for all of the file.
    package let selection: PartSelection?

    package init(_ entry: ManifestFile, _ selection: PartSelection? = nil) {
        self.entry = entry
        self.selection = selection
    }

    /// How many bytes are checked.
    package var bytes: Int64 { selection.map(entry.file.bytes) ?? entry.file.fileSize }
}

extension PlannedFile {
    /// How many bytes the parts of `selection` have.
    package func bytes(of selection: PartSelection) -> Int64 {
        selection.runs.reduce(0) {
            $0 + parts[$1.upperBound - 1].range.end - parts[$1.lowerBound].range.offset
        }
    }
}
