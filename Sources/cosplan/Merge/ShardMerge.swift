import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Merges the shards of one list, in path order.
struct ShardMerge {
    /// How many parts all shards together keep in memory.
    ///
    /// **Unit**: parts; a file counts as four more.
    static let usualRoom = 500_000

    private let manifests: [CheckedManifest]
    private let shards: [Shard]
    private let headers: [DocumentHeader]

    /// Checks that the manifests are all shards of one list, each exactly once.
    ///
    /// - Throws: ``CommandFailure`` (1) that names wrong or missing shards.
    init(_ manifests: [CheckedManifest]) throws {
        var problems: [String] = []
        var shards: [Shard] = []
        var headers: [DocumentHeader] = []
        for manifest in manifests {
            let name = manifest.name.escapedForDisplay
            guard manifest.documents.count == 1, let header = manifest.documents.first else {
                problems.append(
                    "\(name): holds \(manifest.documents.count) documents; merge takes one shard a manifest")
                continue
            }
            guard let shard = header.shard else {
                problems.append("\(name): is no shard of a plan; merge takes what cosplan hash --shard wrote")
                continue
            }
            shards.append(shard)
            headers.append(header)
        }
        if problems.isEmpty { problems = Self.problems(of: shards, headers, manifests) }
        try Self.fail(with: problems)
        self.manifests = manifests
        self.shards = shards
        self.headers = headers
    }

    /// Why the shards do not form one list; the first one determines the list.
    private static func problems(
        of shards: [Shard], _ headers: [DocumentHeader], _ manifests: [CheckedManifest]
    ) -> [String] {
        guard let first = shards.first, let header = headers.first else { return [] }
        let names = manifests.map(\.name.escapedForDisplay)
        var problems: [String] = []
        var holders = ShardHolders()
        for (index, shard) in shards.enumerated() {
            let what = "\(names[index]): shard \(shard.index) of \(shard.count)"
            if shard.list != first.list || shard.count != first.count {
                problems.append(
                    "\(what) is of another list than \(names[0]), shard \(first.index) of \(first.count)")
            } else if headers[index].target != header.target
                || headers[index].datashaKind != header.datashaKind
            {
                problems.append("\(what) has another target or datasha than \(names[0])")
            } else if let finding = holders.add(shard.index, in: names[index]) {
                problems.append("\(what) \(finding)")
            }
        }
        if let missing = MissingShards(of: first.count, present: holders.indices) {
            problems.append("\(missing.words); \(missing.remedy)")
        }
        return problems
    }

    private static func fail(with problems: [String]) throws {
        guard let last = problems.last else { return }
        for problem in problems.dropLast() { Console.standardError.error(problem) }
        throw CommandFailure(.answerIsNo, last)
    }

    /// Reads all entries and checks them against the digests of their shards.
    ///
    /// - Throws: ``CommandFailure`` (1) that names edited shards, and paths and keys that collide.
    func check() throws {
        var list = ShardDigest()
        var entries = headers.map { _ in ShardDigest() }
        let writers = headers.map { ManifestWriter(format: .yaml, document: $0) }
        var keys: [ByteString: Int] = [:]
        var problems: [String] = []
        var previous: (path: LocalPath, shard: Int)?
        var settings: (PlannedSettings, shard: Int)?
        var others: Set<Int> = []
        try forEachFile { file, shard in
            let own = PlannedSettings(file)
            if let (first, holder) = settings {
                if !first.agree(with: own), others.insert(shard).inserted {
                    problems.append(
                        "\(name(shard)): '\(file.path)' was planned with other settings than the files of "
                            + "\(name(holder)); plan all shards with the same options")
                }
            }
            settings = (settings?.0.joined(with: own) ?? own, settings?.shard ?? shard)
            list.add(path: file.path, fileSize: file.fileSize)
            entries[shard].add(entry: writers[shard].entry(file))
            if let other = keys.updateValue(shard, forKey: file.key.bytes) {
                problems.append(
                    "\(name(shard)): the key '\(file.key.text.escapedForDisplay)' is also in \(name(other))")
            }
            if let previous, previous.path >= file.path {
                problems.append(
                    previous.path == file.path
                        ? "\(name(shard)): the path '\(file.path)' is also in \(name(previous.shard))"
                        : "\(name(shard)): '\(file.path)' is not in the order of paths")
            }
            previous = (file.path, shard)
            if problems.count > 20 { try Self.fail(with: problems) }
        }
        for (index, shard) in shards.enumerated() where entries[index].checksum != shard.entries {
            problems.append(
                "\(name(index)): its entries are not those that its shard was written with: it was edited or cut; plan "
                    + "it again with cosplan hash --shard \(shard.index)/\(shard.count)")
        }
        if problems.isEmpty, let first = shards.first, list.checksum != first.list {
            problems.append(
                "the shards together are not the list that they say they are of; plan all of them again")
        }
        try Self.fail(with: problems)
    }

    private func name(_ shard: Int) -> String { manifests[shard].name.escapedForDisplay }

    /// Writes the merged plan.
    func write(as format: ManifestFormat, to output: any ByteOutput) throws {
        guard let header = headers.first else { return }
        let writer = ManifestWriter(
            format: format,
            document: DocumentHeader(
                datashaKind: header.datashaKind, target: header.target,
                hasChecksums: headers.contains(where: \.hasChecksums)))
        try output.write(writer.header)
        var count = 0
        try forEachFile { file, _ in
            if count > 0 { try output.write(writer.separator) }
            try output.write(writer.entry(file))
            count += 1
        }
        try output.write(writer.footer(fileCount: count))
    }

    /// The position in a shard: its next file, and the rest.
    private struct Cursor {
        let shard: Int
        let rest: ManifestFiles
        var next: PlannedFile
    }

    /// Calls `body` with the files of all shards in path order, and the shard of each.
    private func forEachFile(_ body: (PlannedFile, Int) throws -> Void) throws {
        // Sorted by path in descending order, so that the next file is last.
        var cursors: [Cursor] = []
        func insert(_ cursor: Cursor) {
            var (low, high) = (0, cursors.count)
            while low < high {
                let middle = (low + high) / 2
                if cursors[middle].next.path < cursor.next.path { high = middle } else { low = middle + 1 }
            }
            cursors.insert(cursor, at: low)
        }
        for (shard, manifest) in manifests.enumerated() {
            let rest = try manifest.files()
            if let first = try rest.next()?.file { insert(Cursor(shard: shard, rest: rest, next: first)) }
        }
        while var cursor = cursors.popLast() {
            try body(cursor.next, cursor.shard)
            guard let next = try cursor.rest.next()?.file else { continue }
            cursor.next = next
            insert(cursor)
        }
    }
}
