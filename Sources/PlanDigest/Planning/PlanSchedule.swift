import PlanCore
import PlanFiles

/// The order in which files start and what lanes carry: the immutable part of a ``PlanRun``.
///
/// Files start longest first. A file that would outlast all others gets a thread of its own, and threads with
/// nothing left to start hash its parts' own digests. The other files share the threads' lanes: with both
/// states in a lane or, if the files are too few for that, with the parts' own digests on other threads.
struct PlanSchedule: Sendable {
    /// What a lane carries.
    enum LaneUse: Sendable {
        /// A file's running state; the parts' own digests are not needed.
        case state
        /// A file's running state and its parts' own digests.
        case both
        /// A file's running state; other threads hash its parts.
        case stateAlone
    }

    let requests: [PlanRequest]
    let jobs: Int
    /// The maximum number of large files open at once, under the process's limit.
    let maximumLargeFiles: Int
    /// The tables for one and for two states per message.
    let singleTable: KernelTable
    let pairTable: KernelTable
    /// The indices of the scheduled requests, longest file first; files of several parts before those of one.
    let order: [Int]
    /// The number of threads that compute only running states, if that is faster; else nil.
    let threadsForStates: Int?

    /// The number of descriptors left for other uses: the output, a spool file, a folder being opened.
    private static let descriptorsForOthers = 4

    /// Creates a schedule of the requests with these indices.
    init(
        _ requests: [PlanRequest], _ indexes: [Int], jobs: Int,
        tables: (single: KernelTable, pair: KernelTable)
    ) {
        self.requests = requests
        // Each thread has one small file open at a time; large files get the rest.
        let wanted = min(2048, indexes.count + jobs) + Self.descriptorsForOthers
        let descriptors = max(1, Descriptor.available(enough: wanted) - Self.descriptorsForOthers)
        let jobs = min(jobs, descriptors)
        self.jobs = jobs
        maximumLargeFiles = max(1, descriptors - jobs)
        singleTable = tables.single
        pairTable = tables.pair
        order = indexes.map { (requests[$0].carriesPair ? 0 : 1, -requests[$0].bytesLeft, $0) }.sorted(by: <)
            .map(\.2)
        threadsForStates = Self.threadsForStates(
            files: order.count { requests[$0].carriesPair && !requests[$0].isSmall }, jobs: jobs,
            tables: tables)
    }

    /// How many of `jobs` threads should hash the running states of `files` files while the others hash their
    /// parts; nil if both belong in the same lanes.
    ///
    /// Lanes filled by few files are slow, while parts fill all lanes: of 16 files on two threads, one hashes
    /// 16 states and the other 16 parts.
    private static func threadsForStates(
        files: Int, jobs: Int, tables: (single: KernelTable, pair: KernelTable)
    ) -> Int? {
        guard files > 0, jobs > 1 else { return nil }
        func speed(_ table: KernelTable, threads: Int) -> Double {
            (0..<threads).reduce(0) { $0 + table.speed((files + threads - 1 - $1) / threads) }
        }
        let both = speed(tables.pair, threads: jobs)
        let best = (1..<jobs).filter { files <= $0 * tables.single.width }.map { threads in
            let parts = Double(jobs - threads) * tables.single.speed(tables.single.width)
            return (threads: threads, speed: min(speed(tables.single, threads: threads), parts))
        }.max { $0.speed < $1.speed }
        // Every byte is then read twice, which must pay off.
        guard let best, best.speed > 1.15 * both else { return nil }
        return best.threads
    }

    /// Whether the calling thread should do all of it: starting threads would take longer than hashing.
    var isInline: Bool {
        order.count <= 16 && order.allSatisfy { requests[$0].isSmall }
            && order.reduce(0) { $0 + requests[$1].sizeHint } <= WindowBudget.smallFile
    }

    /// Whether a file alone on a thread would take as long as all others on the remaining threads.
    ///
    /// `files` is the number of unfinished files, `bytes` their total size.
    func deservesThread(_ index: Int, files: Int, bytes: Int64) -> Bool {
        if files <= jobs { return true }
        if jobs == 1 { return false }
        let table = requests[index].carriesPair ? pairTable : singleTable
        let size = requests[index].bytesLeft
        let lanes = min(table.width, (files - 2) / (jobs - 1) + 1)
        return Double(size) * Double(jobs - 1) * table.speed(lanes) >= Double(bytes - size) * table.speed(1)
    }

    /// How many lanes a thread should keep active: its share of the unfinished files, up to the useful
    /// number.
    func lanesWanted(_ use: LaneUse, files: Int) -> Int {
        let table = use == .both ? pairTable : singleTable
        let threads = use == .stateAlone ? threadsForStates ?? jobs : jobs
        return max(1, min(table.width, (files - 1) / threads + 1))
    }

    /// How many small files a thread takes at once, to take the lock less often.
    func smallShare(begun: Int) -> Int { max(1, min(64, (order.count - begun) / (2 * jobs))) }

    /// The parts that another thread takes at once: few enough that a file does not wait long for the last
    /// one.
    func group(_ entry: PlanEntry, from part: Int) -> Range<Int> {
        part..<min(part + 2 * singleTable.width, entry.layout.count)
    }
}

extension PlanRequest {
    /// Whether the file is read into a buffer.
    ///
    /// Such a file has one part, since parts are at least as long.
    var isSmall: Bool { sizeHint <= WindowBudget.smallFile }
}
