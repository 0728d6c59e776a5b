/// What a checked document says beside its files.
public struct DocumentHeader: Hashable, Sendable {
    /// What `datasha` is in this document's parts.
    public let datashaKind: DatashaKind
    /// Where its objects go, as far as it says.
    public let target: PartialTarget

    /// A header with these fields.
    public init(datashaKind: DatashaKind, target: PartialTarget = PartialTarget()) {
        self.datashaKind = datashaKind
        self.target = target
    }
}
