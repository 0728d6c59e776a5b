import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Where a manifest's text comes from.
///
/// YAML and JSON are told apart by their first byte.
public enum ManifestSource: Hashable, Sendable {
    /// The file at this path, relative to the current folder.
    case file(String)
    /// This text.
    case text(String)

    /// What the manifest is called in messages.
    var name: String {
        switch self {
        case .file(let path): path
        case .text: "manifest"
        }
    }

    /// The text's bytes, from the first.
    ///
    /// - Throws: ``FileError`` where the file cannot be opened.
    func open() throws(FileError) -> any ByteSource {
        switch self {
        case .file(let path): try FileByteSource(path: ByteString(path))
        case .text(let text): MemoryByteSource(text)
        }
    }
}
