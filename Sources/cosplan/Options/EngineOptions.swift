import ArgumentParser
import Foundation
import PlanDigest

/// Engine settings that have no flag.
enum EngineOptions {
    private static let kernelVariable = "COSPLAN_KERNEL"

    /// The kernel named by `COSPLAN_KERNEL`, or the processor's best.
    ///
    /// - Throws: ``CommandFailure`` for an unknown kernel, or one that the processor lacks.
    static func kernel() throws(CommandFailure) -> Kernel {
        do {
            return try Kernel.chosen(named: ProcessInfo.processInfo.environment[kernelVariable])
        } catch {
            throw CommandFailure(.configuration, "\(kernelVariable): \(error.description) or unset it")
        }
    }
}

/// The number of hashing threads.
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
