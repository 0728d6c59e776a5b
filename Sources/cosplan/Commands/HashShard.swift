import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// One machine's share of a list of files that several machines plan.
struct HashShard {
    /// The shard's files, sorted by path.
    let files: [HashRun.File]
    private let number: ShardNumber
    /// Of the whole list.
    private let list: Checksum

    /// Shard `number` of `list`, which is sorted by path.
    init(_ number: ShardNumber, of list: [HashRun.File]) {
        var digest = ShardDigest()
        for file in list { digest.add(path: file.path, fileSize: file.found.size) }
        self.list = digest.checksum
        self.number = number
        files = ShardSplit.places(of: number, sizes: list.map(\.found.size)).map { list[$0] }
    }

    /// Checks that a file still has the size that the list has.
    ///
    /// The other shards are planned from that list.
    ///
    /// - Throws: ``CommandFailure`` (1) if it has another.
    func check(_ file: HashRun.File, plannedSize: Int64) throws(CommandFailure) {
        guard plannedSize != file.found.size else { return }
        throw CommandFailure(
            .answerIsNo,
            "\(file.path): it had \(counted(file.found.size, "byte")) when the list was made, and has \(plannedSize) "
                + "now; plan all shards again")
    }

    /// A copy of `writer` whose header has this shard's number and the digest of `entries`, as written in YAML.
    func writer(_ writer: ManifestWriter, sealing entries: EntryStore) throws -> ManifestWriter {
        let document = writer.document
        let shard = try Shard(
            index: number.index, count: number.count, list: list, entries: try entries.digest())
        return ManifestWriter(
            format: writer.format,
            document: DocumentHeader(
                datashaKind: document.datashaKind, target: document.target, shard: shard,
                hasChecksums: document.hasChecksums))
    }
}

extension EntryStore {
    /// What a shard's header says of its entries.
    fileprivate func digest() throws(FileError) -> Checksum {
        let output = DigestOutput()
        try write(to: output, separator: [])
        return output.digest.checksum
    }
}

/// Computes the digest of what is written to it.
///
/// A class, because it accumulates a digest.
private final class DigestOutput: ByteOutput {
    private(set) var digest = ShardDigest()

    func write(_ bytes: [UInt8]) { digest.add(entry: bytes) }

    func finish() {}
}
