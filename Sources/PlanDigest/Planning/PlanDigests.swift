import PlanCore
import PlanFiles

/// The digests of one source. They do not keep it open: a process that collects descriptors makes the kernel move its
/// table of them, for which every thread waits 20 ms.
struct PlanDigests {
    /// **Unit**: bytes.
    let fileSize: Int64
    /// What the file was before and after; nil for bytes in memory.
    let identity: FileIdentity?
    let sha: Digest
    let parts: [Part]

    init(of source: DigestSource, sha: Digest, parts: [Part]) {
        fileSize = source.size
        identity = if case .file(let file) = source { file.identity } else { nil }
        self.sha = sha
        self.parts = parts
    }
}
