import PlanCore

/// A file of a manifest, with the settings of its document.
public struct ManifestFile: Hashable, Sendable {
    /// The header of its document.
    public let document: DocumentHeader
    /// The index of its document in the manifest, from 0.
    public let documentIndex: Int
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
/// The rules are not applied again. What is read again is compared with the fingerprint from the check, so
/// nothing unchecked is returned even if the text changes.
public final class ManifestFiles {
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
    public func next() throws -> ManifestFile? {
        while let item = try nextItem() {
            guard documentIndex < check.documents.count else { throw changed }
            switch item {
            case .endOfDocument(let header):
                try compare(header, with: check.headerPrints[documentIndex])
                documentIndex += 1
            case .file(let entry):
                guard entryIndex < check.filePrints.count else { throw changed }
                let fingerprint = check.filePrints[entryIndex]
                entryIndex += 1
                guard fingerprint != 0, let document = check.documents[documentIndex] else { continue }
                try compare(entry, with: fingerprint)
                guard let file = PlannedFile(entry, as: document.datashaKind) else { throw changed }
                return ManifestFile(
                    document: document, documentIndex: documentIndex, place: entry.place, file: file,
                    parsed: entry)
            }
        }
        let fileCount = reader?.fileCount ?? check.fileCount
        guard entryIndex == check.filePrints.count, fileCount == check.fileCount else { throw changed }
        return nil
    }

    /// Compares a value that was read again with its fingerprint.
    ///
    /// - Throws: ``ManifestChanged`` if they differ.
    private func compare(_ value: some Hashable, with fingerprint: Int) throws(ManifestChanged) {
        guard reader == nil || CheckingPass.fingerprint(of: value) == fingerprint else { throw changed }
    }

    private func nextItem() throws -> ManifestItem? {
        if let reader { return try reader.next() }
        return kept.popFirst()
    }

    private var changed: ManifestChanged { ManifestChanged(name: check.name) }
}

/// A manifest's text has changed since it was checked.
public struct ManifestChanged: Error, Hashable, CustomStringConvertible {
    /// The name of the manifest.
    public let name: String

    /// One line: what was found and what to do.
    public var description: String {
        "\(name.escapedForDisplay): changed while it was read; check it again with cosplan verify"
    }
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
