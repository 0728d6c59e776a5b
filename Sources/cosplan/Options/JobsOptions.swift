import ArgumentParser
import Foundation
import PlanDigest

/// How many threads hash.
struct JobsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many threads hash (default: one per processor).", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        guard let jobs else { return }
        guard (1...DigestEngine.maximumJobs).contains(jobs) else {
            throw ValidationError("--jobs \(jobs) is not from 1 to \(DigestEngine.maximumJobs).")
        }
    }

    /// The number of threads.
    var count: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }
}
