import PlanCore

/// The digests of one source.
struct PlanDigests {
    let source: DigestSource
    let sha: Digest
    let parts: [Part]
}
