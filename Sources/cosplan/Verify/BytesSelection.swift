import CosplanKit
import PlanCore
import PlanDigest
import PlanManifest

/// What of each file is checked, and how much that is.
///
/// **Shape**: files are asked for in the order of the manifests.
struct BytesSelection {
    /// How much of one manifest is checked, and how much there is.
    ///
    /// An empty file counts as one part.
    struct Amount {
        var files = 0
        var parts = 0
        var bytes: Int64 = 0
        /// Of the files, those of which some parts are not checked.
        var partialFiles = 0
        /// The files to choose from: those whose entries can be checked and that patterns do not leave out.
        var allFiles = 0
        var allParts = 0
        var allBytes: Int64 = 0

        /// Adds those of another manifest.
        mutating func add(_ other: Amount) {
            files += other.files
            parts += other.parts
            bytes = bytes.addingClamped(other.bytes)
            partialFiles += other.partialFiles
            allFiles += other.allFiles
            allParts += other.allParts
            allBytes = allBytes.addingClamped(other.allBytes)
        }
    }

    /// The next thing to decide for each file.
    private enum Walk {
        case all
        case shard(ShardCut)
        case sample(SampleDraw)
    }

    /// By input.
    private(set) var amounts: [Amount]
    /// Where the shard begins and where the next one does; nil after the last part.
    private(set) var start: VerifyReport.PlanPosition?
    private(set) var end: VerifyReport.PlanPosition?
    private let choice: FileChoice
    private var walk = Walk.all

    /// What `scope` selects of the sound files of `inputs` that `choice` includes.
    ///
    /// - Throws: ``CommandFailure`` (66) if the patterns of `choice` include no file; what reading the manifests again
    ///   throws.
    init(_ scope: BytesScope, _ choice: FileChoice, of inputs: [VerifyRun.Input]) throws {
        self.choice = choice
        amounts = inputs.map { _ in Amount() }
        var needsWalk = choice.isRestricted
        switch scope {
        case .all: break
        case .shard, .sample: needsWalk = true
        }
        guard needsWalk else {
            for case (let index, .manifest(let check)) in inputs.enumerated() {
                amounts[index].allFiles = check.soundFileCount
                amounts[index].allBytes = check.totalBytes
            }
            takeAll()
            return
        }
        let weight = try addTotals(of: inputs)
        try choice.check(
            chosen: amounts.reduce(0) { $0 + $1.allFiles },
            of: inputs.reduce(0) { $0 + ($1.check?.soundFileCount ?? 0) })
        switch scope {
        case .all:
            takeAll()
            return
        case .shard(let number): walk = .shard(ShardCut(number, total: weight))
        case .sample(let sample, let seed):
            walk = .sample(
                SampleDraw(
                    fraction: sample.fraction, seed: seed, files: amounts.reduce(0) { $0 + $1.allFiles },
                    parts: amounts.reduce(0) { $0 + $1.allParts }))
        }
        let untouched = walk
        try forEachFile(of: inputs) { index, entry in
            let (file, piece) = select(entry)
            if let piece { note(piece, in: entry, of: index) }
            if let file { count(file, of: index) }
        }
        walk = untouched
    }

    private mutating func takeAll() {
        for index in amounts.indices {
            amounts[index].files = amounts[index].allFiles
            amounts[index].parts = amounts[index].allParts
            amounts[index].bytes = amounts[index].allBytes
        }
    }

    /// Counts what there is; returns its weight.
    private mutating func addTotals(of inputs: [VerifyRun.Input]) throws -> Int64 {
        var weight: Int64 = 0
        try forEachFile(of: inputs) { index, entry in
            amounts[index].allFiles += 1
            amounts[index].allParts += max(1, entry.file.parts.count)
            amounts[index].allBytes = amounts[index].allBytes.addingClamped(entry.file.fileSize)
            weight = weight.addingClamped(ShardCut.weight(entry.file))
        }
        return weight
    }

    private func forEachFile(
        of inputs: [VerifyRun.Input], _ body: (Int, ManifestFile) throws -> Void
    ) throws {
        for case (let index, .manifest(let check)) in inputs.enumerated() {
            let files = try check.soundFiles()
            while let entry = try choice.next(of: files) { try body(index, entry) }
        }
    }

    private mutating func count(_ file: FileToCheck, of index: Int) {
        amounts[index].files += 1
        amounts[index].bytes = amounts[index].bytes.addingClamped(file.bytes)
        if let selection = file.selection {
            amounts[index].parts += selection.count
            amounts[index].partialFiles += 1
        } else {
            amounts[index].parts += max(1, file.entry.file.parts.count)
        }
    }

    /// Notes where the shard begins and ends, if that is in this file.
    private mutating func note(_ piece: ShardCut.Piece, in entry: ManifestFile, of index: Int) {
        func boundary(_ part: Int) -> VerifyReport.PlanPosition {
            VerifyReport.PlanPosition(
                manifest: index, path: entry.file.path.text, line: entry.place.line,
                offset: Int64(part) * entry.file.partLayout.pieceSize)
        }
        if start == nil, piece.parts.lowerBound < piece.count { start = boundary(piece.parts.lowerBound) }
        if end == nil, piece.parts.upperBound < piece.count, start != nil {
            end = boundary(piece.parts.upperBound)
        }
    }

    /// The next file of which something is checked; nil after the last.
    mutating func next(of files: ManifestFiles) throws -> FileToCheck? {
        while let entry = try choice.next(of: files) {
            if let file = select(entry).file { return file }
        }
        return nil
    }

    /// What of `entry`, the next file, is checked; `file` is nil if nothing is.
    private mutating func select(_ entry: ManifestFile) -> (file: FileToCheck?, piece: ShardCut.Piece?) {
        switch walk {
        case .all: return (FileToCheck(entry), nil)
        case .shard(var cut):
            let piece = cut.next(entry.file)
            walk = .shard(cut)
            guard piece.isIncluded else { return (nil, piece) }
            return (FileToCheck(entry, piece.isWhole ? nil : PartSelection(piece.parts)), piece)
        case .sample(var draw):
            let parts = draw.next(entry.file)
            walk = .sample(draw)
            if parts.isEmpty { return (nil, nil) }
            let isWhole = parts.count == max(1, entry.file.parts.count)
            return (FileToCheck(entry, isWhole ? nil : PartSelection(parts)), nil)
        }
    }
}
