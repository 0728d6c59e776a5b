/// The two texts a manifest is written in. Both hold the same tree.
public enum ManifestFormat: String, Hashable, Sendable, CaseIterable {
    /// YAML; documents can be concatenated.
    case yaml
    /// JSON (RFC 8259); one value.
    case json
}
