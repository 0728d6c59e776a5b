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

/// The files of a manifest that was checked before, one by one; read again where they were too many to keep. A class
/// because it is a position in a text.
///
/// Every entry is compared with what it was when it was checked, so nothing unchecked comes out, whatever
/// happens to the text meanwhile.
public final class ManifestFiles {
    private let check: ManifestCheck
    private let rules: FileRules
    private var kept: ArraySlice<ManifestItem>
    /// Nil where everything was kept.
    private let reader: ManifestReader?
    private var documentIndex = 0
    private var taken = 0

    init(of check: ManifestCheck) throws {
        self.check = check
        rules = FileRules(allowOutside: check.allowOutside)
        kept = check.kept?[...] ?? []
        if check.kept == nil { try check.source.rewind() }
        reader = check.kept == nil ? ManifestReader(check.source) : nil
    }

    /// The next file; nil after the last.
    ///
    /// - Throws: ``ManifestChanged`` if the text is not what was checked; what the byte source throws.
    public func next() throws -> ManifestFile? {
        while let item = try nextItem() {
            switch item {
            case .endOfDocument(let header):
                var known = ProblemList()
                guard documentIndex < check.documents.count,
                    header?.check(&known) == check.documents[documentIndex]
                else { throw changed }
                documentIndex += 1
            case .file(let parsed):
                guard documentIndex < check.documents.count else { throw changed }
                guard let document = check.documents[documentIndex] else { continue }
                let findings = rules.check(parsed)
                guard findings.isSound else { continue }
                guard taken < check.fingerprints.count, parsed.hashValue == check.fingerprints[taken],
                    let file = findings.plannedFile(as: document.datashaKind)
                else { throw changed }
                taken += 1
                return ManifestFile(
                    document: document, documentIndex: documentIndex, place: parsed.place, file: file,
                    parsed: parsed)
            }
        }
        let fileCount = reader?.fileCount ?? check.fileCount
        guard taken == check.fingerprints.count, fileCount == check.fileCount else { throw changed }
        return nil
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
