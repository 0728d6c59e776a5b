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
    public let parsed: ParsedFile
}

/// The files of a manifest that was checked before, read again one by one. A class because it is a position
/// in a text.
///
/// Every entry is compared with what it was when it was checked, so nothing unchecked comes out, whatever
/// happens to the text meanwhile.
public final class ManifestFiles {
    private let check: ManifestCheck
    private let rules: FileRules
    private let reader: ManifestReader
    private var documentIndex = 0
    private var taken = 0

    init(of check: ManifestCheck) throws {
        try check.source.rewind()
        self.check = check
        rules = FileRules(allowOutside: check.allowOutside)
        reader = ManifestReader(check.source)
    }

    /// The next file; nil after the last.
    ///
    /// - Throws: ``ManifestChanged`` if the text is not what was checked; what the byte source throws.
    public func next() throws -> ManifestFile? {
        while let item = try reader.next() {
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
        guard taken == check.fingerprints.count, reader.fileCount == check.fileCount else { throw changed }
        return nil
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
