import PlanCore

/// A file of a manifest, with what its document says.
public struct ManifestFile: Hashable, Sendable {
    /// What the document says beside its files.
    public let document: DocumentHeader
    /// Which document of the manifest it stands in, from 0.
    public let documentIndex: Int
    /// Where its entry begins.
    public let place: Place
    /// The plan.
    public let file: PlannedFile
    /// The entry as it was read, with the place of every field.
    package let parsed: ParsedFile
}

/// The files of a manifest that was checked before, one by one; read again where they were too many to keep.
/// A class because it is a position in a text.
///
/// The rules are not run again: what is read again is compared with what it was when they were, so nothing
/// unchecked comes out, whatever happens to the text meanwhile.
public final class ManifestFiles {
    private let check: ManifestCheck
    private var kept: ArraySlice<ManifestItem>
    /// Nil where everything was kept.
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
    /// - Throws: ``ManifestChanged`` if the text is not what was checked; what the byte source throws.
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

    /// - Throws: ``ManifestChanged`` if `value` was read again and is not what it was.
    private func compare(_ value: some Hashable, with fingerprint: Int) throws(ManifestChanged) {
        guard reader == nil || CheckingPass.fingerprint(of: value) == fingerprint else { throw changed }
    }

    private func nextItem() throws -> ManifestItem? {
        if let reader { return try reader.next() }
        return kept.popFirst()
    }

    private var changed: ManifestChanged { ManifestChanged(name: check.name) }
}

/// A manifest's text is not what it was when it was checked.
public struct ManifestChanged: Error, Hashable, CustomStringConvertible {
    /// The manifest.
    public let name: String

    public var description: String {
        "\(name.escapedForDisplay): changed while it was read; check it again with cosplan verify"
    }
}

/// What was read of a manifest, as long as it is not too much.
///
/// Parsing entries again costs more than keeping them, as long as they are few.
struct KeptItems {
    /// All of it; nil once it was too much.
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
