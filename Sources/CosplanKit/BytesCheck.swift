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
        _ next: () throws -> ManifestFile?, begins: (ManifestFile, DigestProgress) -> Void = { _, _ in },
        checked: (ManifestFile, Result<CheckReport, DigestError>) throws -> Void
    ) throws {
        // Entries are needed again, in the same order, when their files are done.
        var entries = ArraySlice<ManifestFile>()
        try engine.check(
            next: {
                guard let entry = try next() else { return nil }
                entries.append(entry)
                let progress = DigestProgress()
                begins(entry, progress)
                return CheckRequest(
                    open: { [root, allowOutside, path = entry.file.path] () throws(FileError) in
                        try root.open(path, allowOutside: allowOutside)
                    }, plan: entry.file, progress: progress)
            }, cancellation: cancellation,
            finished: { result in
                try checked(entries.removeFirst(), result)
                return true
            })
    }
}
