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
            return try Kernel.chosen(named: getenv(kernelVariable).map { String(cString: $0) })
        } catch {
            throw CommandFailure(.configuration, "\(kernelVariable): \(error.description) or unset it")
        }
    }
}

/// The number of hashing threads.
struct JobsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("How many threads hash (default: one per processor).", valueName: "n"),
        transform: JobsOptions.count)
    var jobs: Int?

    /// The number of threads.
    var count: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

    private static func count(_ text: String) throws -> Int {
        guard let count = Int(text), (1...DigestEngine.maximumJobs).contains(count) else {
            throw ValidationError("it is not a number from 1 to \(DigestEngine.maximumJobs).")
        }
        return count
    }
}
