import Synchronization

/// The progress of the engine: counters that any thread may read while it works.
///
/// A class, because the engine and the reader share it.
public final class DigestProgress: Sendable {
    /// The phase of the work.
    package enum Phase: Int, Hashable, Sendable {
        /// Not started.
        case waiting
        /// Hashing files for a plan.
        case planning
        /// Hashing files against a plan.
        case checking
        /// Finding out what differs.
        case diagnosing
        /// Finished.
        case finished
    }

    /// A file being hashed.
    package struct File: Hashable, Sendable {
        /// Its index in the requests.
        package let index: Int
        /// How much of it is hashed.
        ///
        /// **Unit**: bytes.
        package let done: Int64
        /// Its size.
        ///
        /// **Unit**: bytes.
        package let size: Int64
    }

    private let bytes = Atomic<Int64>(0)
    private let files = Atomic<Int>(0)
    private let phaseNumber = Atomic<Int>(Phase.waiting.rawValue)
    private let current = Mutex<[Int: File]>([:])

    /// Creates empty counters.
    public init() {}

    /// The number of bytes hashed, each counted once.
    public var bytesDone: Int64 { bytes.load(ordering: .relaxed) }
    /// The number of files finished, successfully or not.
    public var filesDone: Int { files.load(ordering: .relaxed) }
    /// The current phase.
    package var phase: Phase { Phase(rawValue: phaseNumber.load(ordering: .relaxed)) ?? .waiting }

    /// The large files being hashed, largest first.
    package var currentFiles: [File] {
        current.withLock { $0.values.sorted { ($0.size, $1.index) > ($1.size, $0.index) } }
    }

    func enter(_ phase: Phase) { phaseNumber.store(phase.rawValue, ordering: .relaxed) }

    func add(bytes count: Int64) { bytes.add(count, ordering: .relaxed) }

    func add(files count: Int) { files.add(count, ordering: .relaxed) }

    func show(_ index: Int, done: Int64, size: Int64) {
        current.withLock { $0[index] = File(index: index, done: done, size: size) }
    }

    func hide(_ index: Int) {
        current.withLock { _ = $0.removeValue(forKey: index) }
    }
}
