import PlanCore

/// Compares two manifests file by file: files added, removed and changed.
///
/// Files are matched by path; among files with the same path, by key and target. **Cost**: the paths of the
/// old manifest in memory, plus about 40 MB, or the largest entry of each if that is more. The old manifest
/// is read once more for each batch of changed files that fits.
package struct ManifestComparison {
    private let old: CheckedManifest
    private let new: CheckedManifest
    /// The limit on entries of the old manifest held at once.
    ///
    /// **Unit**: parts; a file counts as four more.
    private let room: Int
    /// Whether the file of this path is compared.
    private let selects: (LocalPath) -> Bool

    /// Creates a comparison of two manifests, of the files that `selects` picks.
    package init(
        from old: CheckedManifest, to new: CheckedManifest,
        selecting selects: @escaping (LocalPath) -> Bool = { _ in true }
    ) {
        self.init(from: old, to: new, selecting: selects, holding: Self.usualRoom)
    }

    /// The same, holding at most `room` of the old manifest at once, but at least one file.
    package init(
        from old: CheckedManifest, to new: CheckedManifest,
        selecting selects: @escaping (LocalPath) -> Bool = { _ in true }, holding room: Int
    ) {
        self.old = old
        self.new = new
        self.selects = selects
        self.room = room
    }

    /// Enough for two files of 64 GiB in parts of 512 KiB.
    package static let usualRoom = 300_000

    /// Calls `body` with every file that differs: those of the new manifest in its order, then the removed
    /// ones.
    ///
    /// - Returns: the number of files of each kind.
    /// - Throws: ``ManifestChanged``; what the byte sources or `body` throw.
    package func forEachChange(_ body: (FileChange) throws -> Void) throws -> Totals {
        var index = try OldFiles(old, selects)
        let matches = try match(&index)
        let removedNames = index.unmatchedNames
        var totals = Totals()
        let files = try new.files()
        var next = 0
        while next < matches.count {
            let batch = batch(matches, from: next, index)
            let held = try hold(matches[batch], of: old)
            for match in matches[batch] {
                guard let file = try files.next() else { throw ManifestChanged(name: new.name) }
                switch match {
                case .leftOut: continue
                case .same: totals.same += 1
                case .added:
                    let alike = removedNames[file.file.path.text]
                    try body(FileChange(file: file.file, .added(namedLike: alike)))
                    totals.added += 1
                case .changed(let ordinal):
                    guard let before = held[ordinal] else { throw ManifestChanged(name: old.name) }
                    try tell(before, file, &totals, body)
                }
            }
            next = batch.upperBound
        }
        try tellRemoved(index, &totals, body)
        return totals
    }

    /// The number of files of each kind.
    package struct Totals: Hashable, Sendable {
        /// Files that are the same in both.
        package internal(set) var same = 0
        /// Files that differ.
        package internal(set) var changed = 0
        /// Files only in the new manifest.
        package internal(set) var added = 0
        /// Files only in the old manifest.
        package internal(set) var removed = 0

        /// Whether the manifests are equivalent.
        package var areSame: Bool { changed == 0 && added == 0 && removed == 0 }
    }

    /// How a file of the new manifest relates to the old one.
    private enum Match {
        /// It is not compared.
        case leftOut
        case same
        case added
        /// Differs from the old manifest's file with this number.
        case changed(Int)
    }

    private func match(_ index: inout OldFiles) throws -> [Match] {
        var matches: [Match] = []
        matches.reserveCapacity(new.fileCount)
        try new.forEachFile { file in
            guard selects(file.file.path) else {
                matches.append(.leftOut)
                return
            }
            matches.append(
                index.take(file).map {
                    $0.fingerprint == OldFiles.fingerprint(file) ? .same : .changed($0.ordinal)
                }
                    ?? .added)
        }
        return matches
    }

    /// The next matches whose old files can be held together; at least one.
    private func batch(_ matches: [Match], from start: Int, _ index: OldFiles) -> Range<Int> {
        var weight = 0
        var end = start
        while end < matches.count {
            if case .changed(let ordinal) = matches[end] {
                weight += 4 + index.partCounts[ordinal]
                if weight > room, end > start { break }
            }
            end += 1
        }
        return start..<end
    }

    /// The old files that a batch needs, by number.
    private func hold(_ matches: ArraySlice<Match>, of manifest: CheckedManifest) throws -> [Int:
        ManifestFile]
    {
        var wanted: Set<Int> = []
        for case .changed(let ordinal) in matches { wanted.insert(ordinal) }
        guard !wanted.isEmpty else { return [:] }
        var held: [Int: ManifestFile] = [:]
        let files = try manifest.files()
        var ordinal = 0
        while held.count < wanted.count, let file = try files.next() {
            if wanted.contains(ordinal) { held[ordinal] = file }
            ordinal += 1
        }
        return held
    }

    private func tell(
        _ before: ManifestFile, _ after: ManifestFile, _ totals: inout Totals,
        _ body: (FileChange) throws -> Void
    ) throws {
        let comparison = FileComparison(from: before.file, to: after.file)
        let settings = before.document.differences(to: after.document)
        guard !comparison.isEmpty || !settings.isEmpty else {
            // The plans are equal; their documents differ only in what does not affect them.
            totals.same += 1
            return
        }
        try body(FileChange(file: after.file, .changed(from: before.file, comparison, settings: settings)))
        totals.changed += 1
    }

    private func tellRemoved(
        _ index: OldFiles, _ totals: inout Totals, _ body: (FileChange) throws -> Void
    ) throws {
        let removed = index.unmatched
        guard !removed.isEmpty else { return }
        var ordinal = 0
        try old.forEachFile { file in
            if removed.contains(ordinal) {
                try body(FileChange(file: file.file, .removed))
                totals.removed += 1
            }
            ordinal += 1
        }
    }
}

/// A file that differs between two manifests.
package struct FileChange: Sendable {
    /// The plan in the new manifest; for a removed file, in the old one.
    package let file: PlannedFile
    /// How the file differs.
    package let kind: Kind

    /// How a file differs.
    package enum Kind: Sendable {
        /// Only in the new manifest; `namedLike` is the path of a removed file that differs only in its
        /// Unicode normal form.
        case added(namedLike: ByteString?)
        /// Only in the old manifest.
        case removed
        /// In both, with differences; `settings` are those of their documents.
        case changed(from: PlannedFile, FileComparison, settings: [FieldDifference])
    }

    init(file: PlannedFile, _ kind: Kind) {
        self.file = file
        self.kind = kind
    }
}

/// The files of the old manifest, by path.
private struct OldFiles {
    struct Entry {
        let ordinal: Int
        let key: ObjectKey
        let target: PartialTarget
        let fingerprint: Int
    }

    private var byPath: [ByteString: [Entry]] = [:]
    private(set) var partCounts: [Int] = []

    init(_ manifest: CheckedManifest, _ selects: (LocalPath) -> Bool) throws {
        try manifest.forEachFile { file in
            defer { partCounts.append(file.file.parts.count) }
            guard selects(file.file.path) else { return }
            byPath[file.file.path.bytes, default: []].append(
                Entry(
                    ordinal: partCounts.count, key: file.file.key, target: file.document.target,
                    fingerprint: Self.fingerprint(file)))
        }
    }

    /// A hash of the file, seeded per process.
    static func fingerprint(_ file: ManifestFile) -> Int {
        var hasher = Hasher()
        hasher.combine(file.file)
        hasher.combine(file.document.target)
        return hasher.finalize()
    }

    /// Takes the match of `file`: among the files with its path, one with its key and target, else one with
    /// its key, else the first.
    mutating func take(_ file: ManifestFile) -> Entry? {
        guard let entries = byPath[file.file.path.bytes], !entries.isEmpty else { return nil }
        let index =
            entries.firstIndex { $0.key == file.file.key && $0.target == file.document.target }
            ?? entries.firstIndex { $0.key == file.file.key } ?? 0
        let entry = entries[index]
        byPath[file.file.path.bytes]?.remove(at: index)
        return entry
    }

    /// The numbers of the files that were not matched.
    var unmatched: Set<Int> { Set(byPath.values.joined().map(\.ordinal)) }

    /// Their paths, keyed by `String`, whose equality is canonical equivalence.
    var unmatchedNames: [String: ByteString] {
        Dictionary(
            byPath.filter { !$0.value.isEmpty }.map { ($0.key.text, $0.key) }, uniquingKeysWith: min)
    }
}

extension DocumentHeader {
    /// The settings of the files' documents that differ.
    func differences(to other: DocumentHeader) -> [FieldDifference] {
        zip(settings, other.settings).compactMap { before, after in
            before.value == after.value
                ? nil : FieldDifference(name: before.name, old: before.value, new: after.value)
        }
    }

    private var settings: [(name: String, value: String?)] {
        [
            ("datasha", datashaKind.rawValue), ("api", (target.api ?? .json).rawValue),
            ("endpoint", target.endpoint?.description), ("addressing", target.addressing?.rawValue),
            ("region", target.region?.name), ("appid", target.appID.map { String($0.number) }),
            ("bucket", target.bucket?.name),
        ]
    }
}
