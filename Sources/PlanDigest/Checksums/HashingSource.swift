import ByteDigests
import PlanCore

/// A byte source that computes the SHA-256 during the first pass.
///
/// A class, because it has a position.
package final class HashingSource: ByteSource {
    private let source: any ByteSource
    private var hash: DigestStream? = DigestStream(.sha256)
    private var digest: String?

    /// Reads what `source` gives.
    package init(_ source: any ByteSource) {
        self.source = source
    }

    package func read(upTo count: Int) throws -> [UInt8] {
        let bytes = try source.read(upTo: count)
        if bytes.isEmpty {
            digest = digest ?? hash?.digest.hexText
            hash = nil
        } else {
            hash?.take(bytes)
        }
        return bytes
    }

    package func rewind() throws {
        try source.rewind()
        if hash != nil { hash = DigestStream(.sha256) }
    }

    /// The SHA-256 of all bytes, in lower-case hex; reads the rest of the source if needed.
    package func hexDigest() throws -> String {
        while digest == nil { _ = try read(upTo: 65_536) }
        return digest ?? ""
    }
}
