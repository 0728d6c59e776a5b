import PlanCore

/// Why a kernel cannot be forced.
public enum KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No kernel has this name.
    case unknown(name: String)
    /// The processor lacks its instructions.
    case unavailable(Kernel)

    public var description: String {
        switch self {
        case .unknown(let name):
            "\(Kernel.variable): '\(name.escapedForDisplay)' is no kernel; use \(names(Kernel.allCases)) "
                + "or unset it"
        case .unavailable(let kernel):
            "\(Kernel.variable): this processor lacks \(kernel.rawValue); use \(names(Kernel.available)) "
                + "or unset it"
        }
    }

    private func names(_ kernels: [Kernel]) -> String {
        kernels.map(\.rawValue).joined(separator: ", ")
    }
}
