import PlanCore
import PlanFiles

/// Computes the digests of files and checks files against plans, on threads of its own.
///
/// Every method blocks its caller until it is done. **Cost**: 16 MiB of file data in memory per thread, 32
/// MiB when many files are planned; one open file per lane, at most 40 in a check.
public struct DigestEngine: Sendable {
    /// The maximum number of threads.
    package static let maximumJobs = 64

    /// The number of hashing threads.
    package let jobs: Int
    /// The kernel that hashes several messages at once.
    package let kernel: Kernel
    let singleTable: KernelTable
    let pairTable: KernelTable

    /// Creates an engine of `jobs` threads (from one to `maximumJobs`) with the processor's best kernel.
    public init(jobs: Int) { self.init(jobs: jobs, kernel: .best) }

    /// Creates an engine of `jobs` threads that hashes with `kernel`.
    ///
    /// - Precondition: the processor has `kernel`.
    package init(jobs: Int, kernel: Kernel) {
        precondition(kernel.isAvailable, "this processor lacks \(kernel)")
        self.jobs = min(max(1, jobs), Self.maximumJobs)
        self.kernel = kernel
        singleTable = KernelTable(kernel, pair: false)
        pairTable = KernelTable(kernel, pair: true)
    }

    /// Creates an engine that hashes with these functions, whatever the processor's best are.
    package init(jobs: Int, functions: [LaneKernel]) {
        self.jobs = min(max(1, jobs), Self.maximumJobs)
        kernel = .openssl
        singleTable = KernelTable(functions, pair: false)
        pairTable = KernelTable(functions, pair: true)
    }

    /// Plans files: computes the digests of each, reading it once.
    ///
    /// - Parameters:
    ///   - requests: the files; each is opened when its turn comes.
    ///   - progress: counters to update; nil for none.
    ///   - cancellation: stops the planning between windows. Files in progress end as cancelled; files not
    ///     begun are not reported.
    ///   - finished: called on the calling thread for each finished file, in any order, with its index in
    ///     `requests`. If it returns false the planning stops and nothing more is reported.
    public func plan(
        _ requests: [PlanRequest], progress: DigestProgress? = nil, cancellation: Cancellation? = nil,
        finished: (Int, Result<FileDigest, DigestError>) -> Bool
    ) {
        guard !requests.isEmpty else { return }
        progress?.enter(.planning)
        defer { progress?.enter(.finished) }
        var update = UpdateRun(requests, engine: self, progress: progress, cancellation: cancellation)
        guard update.run(finished), !update.rest.isEmpty else { return }
        let schedule = PlanSchedule(
            update.requests, update.rest, jobs: jobs, tables: (singleTable, pairTable))
        PlanRun(schedule, progress: progress, cancellation: cancellation).run(finished: finished)
    }
}

/// Why a file has no digests.
public enum DigestError: ExplainedError, Hashable, Sendable {
    /// The file could not be opened or read, or it changed meanwhile.
    case file(FileError)
    /// The work was cancelled.
    case cancelled

    /// One line: what was found and what to do.
    public var finding: String {
        switch self {
        case .file(let error): error.finding
        case .cancelled: "hashing: stopped before its end"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .file(let error): error.hint
        case .cancelled: "start it again"
        }
    }
}
