import PlanCore

/// A file of a manifest, with the settings of its document.
public struct ManifestFile: Hashable, Sendable {
    /// The header of its document.
    public let document: DocumentHeader
    /// The index of its document in the manifest, from 0.
    package let documentIndex: Int
    /// The place of its entry.
    public let place: Place
    /// The plan.
    public let file: PlannedFile
    /// The parsed entry, with the place of every field.
    package let parsed: ParsedFile
}

/// Iterates over the files of a checked manifest; reads them again if they were too many to keep.
///
/// A class, because it is a position in a text.
///
/// The rules are not applied again. Only the bytes that were checked are read again, so nothing unchecked is
/// returned even if the text changes.
package final class ManifestFiles {
    private let check: ManifestCheck
    private var kept: ArraySlice<ManifestItem>
    /// Nil if everything was kept.
    private let reader: ManifestReader?
    private var documentIndex = 0
    private var entryIndex = 0

    init(of check: ManifestCheck) throws {
        self.check = check
        kept = check.kept?[...] ?? []
        if check.kept == nil { try check.source.rewind() }
        reader = check.kept == nil ? ManifestReader(check.source) : nil
    }

    /// The next file; nil after the last.
    ///
    /// - Throws: ``ManifestChanged`` if the text has changed since the check; what the byte source throws.
    package func next() throws -> ManifestFile? {
        while let item = try nextItem() {
            guard documentIndex < check.documents.count else { throw changed }
            switch item {
            case .endOfDocument: documentIndex += 1
            case .file(let entry):
                guard entryIndex < check.soundness.count else { throw changed }
                let isSound = check.soundness[entryIndex]
                entryIndex += 1
                guard isSound, let document = check.documents[documentIndex] else { continue }
                guard let file = PlannedFile(entry, as: document.datashaKind) else { throw changed }
                return ManifestFile(
                    document: document, documentIndex: documentIndex, place: entry.place, file: file,
                    parsed: entry)
            }
        }
        guard entryIndex == check.soundness.count else { throw changed }
        return nil
    }

    private func nextItem() throws -> ManifestItem? {
        if let reader { return try reader.next() }
        return kept.popFirst()
    }

    private var changed: ManifestChanged { ManifestChanged(name: check.name) }
}

/// A manifest's text has changed since it was checked.
public struct ManifestChanged: ExplainedError, Hashable {
    /// The name of the manifest.
    package let name: String

    /// Which manifest, and that it changed.
    public var finding: String { "\(name.escapedForDisplay): changed while it was read" }
    /// What to do about it.
    public var hint: String { "check it again" }
}

/// The items read from a manifest, kept up to a limit.
///
/// For few entries keeping them is cheaper than parsing them again.
struct KeptItems {
    /// All items; nil once they exceeded the limit.
    private(set) var items: [ManifestItem]? = []
    private var room: Int

    init(room: Int) {
        self.room = room
    }

    mutating func add(_ item: ManifestItem) {
        guard items != nil else { return }
        if case .file(let file) = item { room -= 4 + (file.parts?.value.count ?? 0) }
        if room < 0 { items = nil } else { items?.append(item) }
    }
}
