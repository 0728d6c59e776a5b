import PlanCore
import PlanFiles

/// Computes the digests of files, and checks files against recorded ones, on threads of its own.
///
/// Every method blocks its caller until it is done. **Cost**: 16 MiB of files in memory for each thread, 32 where many
/// are planned; as many open files as threads have lanes, or 40 in a check.
public struct DigestEngine: Sendable {
    /// The largest number of threads.
    public static let maximumJobs = 64

    /// How many threads hash.
    public let jobs: Int
    /// How several messages are hashed at once.
    package let kernel: Kernel
    let singleTable: KernelTable
    let pairTable: KernelTable

    /// An engine of `jobs` threads, at least one and at most ``maximumJobs``, with the processor's best instructions.
    public init(jobs: Int) { self.init(jobs: jobs, kernel: .best) }

    /// An engine of `jobs` threads that hashes with `kernel`.
    ///
    /// - Precondition: the processor has `kernel`.
    package init(jobs: Int, kernel: Kernel) {
        precondition(kernel.isAvailable, "this processor lacks \(kernel)")
        self.jobs = min(max(1, jobs), Self.maximumJobs)
        self.kernel = kernel
        singleTable = KernelTable(kernel, pair: false)
        pairTable = KernelTable(kernel, pair: true)
    }

    /// An engine that hashes with these functions, whatever the processor is thought to do best.
    package init(jobs: Int, functions: [LaneKernel]) {
        self.jobs = min(max(1, jobs), Self.maximumJobs)
        kernel = .openssl
        singleTable = KernelTable(functions, pair: false)
        pairTable = KernelTable(functions, pair: true)
    }

    /// Plans files: the digests of each, read once.
    ///
    /// - Parameters:
    ///   - requests: the files; each is opened when its turn comes.
    ///   - progress: counters to keep, if somebody looks at them.
    ///   - cancellation: stops the planning between windows; files in the middle end as cancelled, those not begun
    ///     are not reported.
    ///   - finished: called on the calling thread for each file that is over, in any order, with its place in
    ///     `requests`. Returning false stops the planning; nothing is reported after that.
    public func plan(
        _ requests: [PlanRequest], progress: DigestProgress? = nil, cancellation: Cancellation? = nil,
        finished: (Int, Result<FileDigest, DigestError>) -> Bool
    ) {
        guard !requests.isEmpty else { return }
        progress?.enter(.planning)
        defer { progress?.enter(.finished) }
        let schedule = PlanSchedule(requests, jobs: jobs, tables: (singleTable, pairTable))
        PlanRun(schedule, progress: progress, cancellation: cancellation).run(finished: finished)
    }
}

/// Why a file has no digests.
public enum DigestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file could not be opened or read, or changed meanwhile.
    case file(FileError)
    /// A stop was asked for.
    case cancelled

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .cancelled: "hashing: stopped before its end; start it again"
        }
    }
}
