import PlanCore

/// The instructions that hash several messages at once.
///
/// All kernels give the same digests. A single message is always hashed by OpenSSL, or by the SHA extension
/// if two states share it.
package enum Kernel: String, Hashable, Sendable, CaseIterable {
    /// OpenSSL, one message after another; available on every processor.
    case openssl
    /// Up to four interleaved streams of the x86 SHA extension.
    case shani
    /// 8 lanes of AVX2.
    case avx2
    /// 16 lanes of AVX-512 (F, VL and BW).
    case avx512

    /// Whether the processor has the instructions.
    package var isAvailable: Bool {
        switch self {
        case .openssl: true
        case .shani: Processor.hasSHA
        case .avx2: Processor.hasAVX2
        case .avx512: Processor.hasAVX512
        }
    }

    /// The kernels this processor has, slowest first.
    package static var available: [Kernel] { allCases.filter(\.isAvailable) }

    /// The fastest kernel of this processor: AVX-512; on AMD, SHA streams; AVX2; OpenSSL.
    package static var best: Kernel {
        if avx512.isAvailable { return .avx512 }
        if Processor.prefersStreams { return .shani }
        if avx2.isAvailable { return .avx2 }
        return .openssl
    }

    /// The kernel called `name`, or ``best`` if it is nil or empty.
    ///
    /// - Throws: ``KernelError`` for an unknown kernel, or one that the processor lacks.
    package static func chosen(named name: String?) throws(KernelError) -> Kernel {
        guard let name, !name.isEmpty else { return best }
        guard let kernel = Kernel(rawValue: name) else { throw .unknown(name: name) }
        guard kernel.isAvailable else { throw .unavailable(kernel) }
        return kernel
    }
}

/// Why a kernel cannot be selected.
package enum KernelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No kernel has this name.
    case unknown(name: String)
    /// The processor lacks its instructions.
    case unavailable(Kernel)

    package var description: String {
        switch self {
        case .unknown(let name):
            "'\(name.escapedForDisplay)' is no kernel; use \(names(Kernel.allCases))"
        case .unavailable(let kernel):
            "this processor lacks \(kernel.rawValue); use \(names(Kernel.available))"
        }
    }

    private func names(_ kernels: [Kernel]) -> String {
        kernels.map(\.rawValue).joined(separator: ", ")
    }
}
