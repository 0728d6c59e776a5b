import ByteDigests
import PlanCore

/// The SHA-256 that ties the shards of a plan together: of the whole list, or of one shard's entries.
///
/// The digest of the list covers, for each file in path order, the path's bytes, a NUL, the size in decimal
/// and LF. A shard's digest covers its entries as written in YAML.
package struct ShardDigest {
    private var stream = DigestStream(.sha256)

    package init() {}

    /// Adds the next file of the list.
    package mutating func add(path: LocalPath, fileSize: Int64) {
        stream.take(path.bytes.bytes + [0] + Array("\(fileSize)\n".utf8))
    }

    /// Adds the next entry of a shard.
    package mutating func add(entry: [UInt8]) {
        stream.take(entry)
    }

    /// The digest so far.
    package var checksum: Checksum { Checksum(.sha256, bytes: stream.digest) }
}
