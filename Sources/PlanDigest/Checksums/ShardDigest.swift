import PlanCore

/// The SHA-256 that ties the shares of a plan together: of the whole list, or of one share's entries.
///
/// The list's covers every path's bytes, a NUL, the size in decimal and LF, in the order of the paths; a share's
/// covers its entries as they are written in YAML.
package struct ShardDigest {
    private var stream = DigestStream(.sha256)

    package init() {}

    /// Takes the next file of the list.
    package mutating func add(path: LocalPath, fileSize: Int64) {
        stream.take(path.bytes.bytes + [0] + Array("\(fileSize)\n".utf8))
    }

    /// Takes the next entry of a share.
    package mutating func add(entry: [UInt8]) {
        stream.take(entry)
    }

    /// The digest of all that was taken so far.
    package var checksum: Checksum { Checksum(.sha256, bytes: stream.digest) }
}
