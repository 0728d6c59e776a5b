import PlanCore
import PlanManifest

/// The files of manifests that one of several machines pushes.
struct PushShard {
    /// Whether a file is this machine's, for the chosen files of all manifests, in their order.
    fileprivate let isOwn: [Bool]

    /// Shard `number` of the files of `manifests` that `choice` includes; counts only them in `manifests`.
    ///
    /// - Throws: what reading the manifests again throws.
    init(_ number: ShardNumber, _ choice: FileChoice, of manifests: inout [PushRun.Manifest]) throws {
        var sizes: [Int64] = []
        var holders: [Int] = []
        for (index, manifest) in manifests.enumerated() {
            let files = try manifest.checked.files()
            while let entry = try choice.next(of: files) {
                sizes.append(entry.file.fileSize)
                holders.append(index)
            }
        }
        for index in manifests.indices { (manifests[index].fileCount, manifests[index].totalBytes) = (0, 0) }
        var isOwn = [Bool](repeating: false, count: sizes.count)
        for place in ShardSplit.places(of: number, sizes: sizes) {
            isOwn[place] = true
            manifests[holders[place]].fileCount += 1
            let bytes = manifests[holders[place]].totalBytes
            manifests[holders[place]].totalBytes = bytes.addingClamped(sizes[place])
        }
        self.isOwn = isOwn
    }
}

/// The files that a push is about, one after the other.
struct PushedFiles {
    private let choice: FileChoice
    /// Whether the next chosen files are this machine's; nil if all are.
    private var isOwn: ArraySlice<Bool>?

    fileprivate init(_ choice: FileChoice, _ shard: PushShard?) {
        self.choice = choice
        isOwn = shard?.isOwn[...]
    }

    /// The next one in `files`, the files of the next manifest; nil after the last.
    mutating func next(of files: ManifestFiles) throws -> ManifestFile? {
        while let entry = try choice.next(of: files) {
            guard isOwn != nil else { return entry }
            if isOwn?.popFirst() == true { return entry }
        }
        return nil
    }
}

extension PushRun {
    /// A walk over the files that are pushed, from the first.
    var chosenFiles: PushedFiles { PushedFiles(choice, shard) }
}
