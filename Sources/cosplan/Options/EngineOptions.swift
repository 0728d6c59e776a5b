import Foundation
import PlanDigest

/// Settings of the engine that are no flags.
enum EngineOptions {
    private static let kernelVariable = "COSPLAN_KERNEL"

    /// The kernel that `COSPLAN_KERNEL` names, or the processor's best.
    ///
    /// - Throws: ``CommandFailure`` for a kernel that is none, or that the processor lacks.
    static func kernel() throws(CommandFailure) -> Kernel {
        do {
            return try Kernel.chosen(named: ProcessInfo.processInfo.environment[kernelVariable])
        } catch {
            throw CommandFailure(.configuration, "\(kernelVariable): \(error.description) or unset it")
        }
    }
}
