import PlanCore
import PlanFiles

/// What an earlier plan records of files' running states: guesses, until the bytes confirm them.
///
/// **Cost**: the paths, and 20 bytes a part; states beyond `bytesInMemory` wait in a file without a name.
package struct EarlierPlan: Sendable {
    private struct Entry: Sendable {
        let fileSize: Int64
        let partSize: Int64
        let states: Location
    }

    private enum Location: Sendable {
        case memory([Digest])
        case spool(SpoolFile, ByteRange)
    }

    /// What a file is found by under another path.
    private struct Beginning: Hashable {
        let fileSize: Int64
        let partSize: Int64
        let state: Digest
    }

    private static let bytesPerState = 20

    private var entries: [Entry] = []
    private var byPath: [ByteString: Int] = [:]
    private var byBeginning: [Beginning: [Int]] = [:]
    private var partSizes: [Int64: [Int64]] = [:]
    private var bytesInMemory: Int
    private var spool: SpoolFile?
    private let spoolFolder: ByteString

    /// Nothing known, and room for `bytesInMemory` bytes of states; further ones go to a file in `spoolFolder`.
    package init(bytesInMemory: Int = 32 << 20, spoolFolder: ByteString = SpoolFile.usualFolder) {
        self.bytesInMemory = bytesInMemory
        self.spoolFolder = spoolFolder
    }

    /// Whether no state is known.
    package var isEmpty: Bool { entries.isEmpty }

    /// Takes over the states that a plan records, if it does: a file of one part has none.
    ///
    /// - Throws: ``FileError`` where a temporary file cannot be written.
    package mutating func add(_ plan: PlannedFile) throws(FileError) {
        let partSize = plan.partLayout.pieceSize
        guard plan.datashaKind == .state, partSize % 64 == 0 else { return }
        // The last part has the file's SHA-1 in place of a state.
        let states = plan.parts.dropLast().map(\.datasha)
        guard let first = states.first else { return }
        let number = entries.count
        entries.append(Entry(fileSize: plan.fileSize, partSize: partSize, states: try place(states)))
        byPath[plan.path.bytes] = number
        byBeginning[Beginning(fileSize: plan.fileSize, partSize: partSize, state: first), default: []]
            .append(number)
        if !(partSizes[plan.fileSize]?.contains(partSize) ?? false) {
            partSizes[plan.fileSize, default: []].append(partSize)
        }
    }

    private mutating func place(_ states: [Digest]) throws(FileError) -> Location {
        let size = states.count * Self.bytesPerState
        if size <= bytesInMemory {
            bytesInMemory -= size
            return .memory(states)
        }
        if spool == nil { spool = SpoolFile(folder: spoolFolder) }
        let kept = try spool.map { (file) throws(FileError) in
            Location.spool(file, try file.append(states.flatMap(\.bytes)))
        }
        return kept ?? .memory(states)
    }

    /// Whether something is known of the file at `path`, or of one as long.
    func mayKnow(_ path: LocalPath, size: Int64) -> Bool {
        byPath[path.bytes] != nil || partSizes[size] != nil
    }

    /// The states of the file at `path`.
    func states(of path: LocalPath) -> EarlierStates? { byPath[path.bytes].flatMap(states) }

    /// What the parts of files of `size` bytes measure.
    func partSizes(ofFilesOf size: Int64) -> [Int64] { partSizes[size] ?? [] }

    /// The states of files of `size` bytes in parts of `partSize` that begin with `state`, some of them if they are many.
    func states(ofFilesOf size: Int64, partSize: Int64, beginningWith state: Digest) -> [EarlierStates] {
        let found = byBeginning[Beginning(fileSize: size, partSize: partSize, state: state)] ?? []
        return found.prefix(Self.candidates).compactMap(states)
    }

    /// How many files that are alike so far are worth a look.
    private static let candidates = 16

    private func states(_ number: Int) -> EarlierStates? {
        let entry = entries[number]
        switch entry.states {
        case .memory(let states): return EarlierStates(partSize: entry.partSize, states: states)
        case .spool(let file, let range):
            // Without its states the file is hashed from its beginning: slower, and right.
            guard let bytes = try? file.bytes(range) else { return nil }
            let states = stride(from: 0, to: bytes.count, by: Self.bytesPerState).map {
                Digest(bytes: bytes[$0..<($0 + Self.bytesPerState)])
            }
            return EarlierStates(partSize: entry.partSize, states: states)
        }
    }
}

/// What an earlier plan may know of a file that is planned now.
package struct EarlierFile: Sendable {
    let plan: EarlierPlan
    let path: LocalPath

    /// What `plan` records under `path` or, where the bytes are not those, of a file as long that begins alike.
    package init(_ path: LocalPath, in plan: EarlierPlan) {
        self.plan = plan
        self.path = path
    }
}

/// The running states of a file, as an earlier plan records them.
struct EarlierStates: Sendable {
    /// How many bytes lie between two of them; a multiple of 64.
    let partSize: Int64
    /// After one part, after two, and so on.
    let states: [Digest]

    /// The state after `position` bytes; nil where none is recorded.
    func state(at position: Int64) -> Digest? {
        guard position > 0, position % partSize == 0 else { return nil }
        let index = Int(position / partSize) - 1
        return index < states.count ? states[index] : nil
    }
}
