/// What the `datasha` of a manifest's parts is.
///
/// **Source**: `state`, the vendor SDKs; `part`, the look-alike service 58.com WOS. One manifest document
/// holds one kind.
public enum DatashaKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// The running SHA-1 state after the part, little-endian words; for the last part the file's SHA-1.
    case state
    /// The plain SHA-1 of the part's own bytes.
    case part
}
