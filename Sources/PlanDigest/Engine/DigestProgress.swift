import Synchronization

/// How far the engine is, for whoever shows it: counters that any thread may read while it works.
///
/// A class, because both sides must see the same counters.
public final class DigestProgress: Sendable {
    /// What the engine is doing.
    public enum Phase: Int, Hashable, Sendable {
        /// Not begun.
        case waiting
        /// Hashing files for a plan.
        case planning
        /// Hashing files against a plan.
        case checking
        /// Finding out what differs.
        case diagnosing
        /// All done.
        case finished
    }

    /// A file that is being hashed.
    public struct File: Hashable, Sendable {
        /// Its place among the requests.
        public let index: Int
        /// How far it is hashed. **Unit**: bytes.
        public let done: Int64
        /// Its length. **Unit**: bytes.
        public let size: Int64
    }

    private let bytes = Atomic<Int64>(0)
    private let files = Atomic<Int>(0)
    private let phaseNumber = Atomic<Int>(Phase.waiting.rawValue)
    private let current = Mutex<[Int: File]>([:])

    /// Nothing done yet.
    public init() {}

    /// How much was hashed, each byte counted once.
    public var bytesDone: Int64 { bytes.load(ordering: .relaxed) }
    /// How many files are over, well or not.
    public var filesDone: Int { files.load(ordering: .relaxed) }
    /// What is going on.
    public var phase: Phase { Phase(rawValue: phaseNumber.load(ordering: .relaxed)) ?? .waiting }

    /// The files being hashed that are large enough to be worth naming, largest first.
    public var currentFiles: [File] {
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
