import PlanCore

/// What a manifest is read as, piece by piece.
package enum ManifestItem: Hashable, Sendable {
    /// An entry of the current document's `files`.
    case file(ParsedFile)
    /// The end of a document; nil if it is no mapping.
    case endOfDocument(ParsedHeader?)
}
