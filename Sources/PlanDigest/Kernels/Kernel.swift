#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which instructions hash where several messages can be hashed at once.
///
/// All of them give the same digests. One message alone always goes through OpenSSL, or through the SHA
/// extension where two states share it.
public enum Kernel: String, Hashable, Sendable, CaseIterable {
    /// OpenSSL, one message after the other; on every processor.
    case openssl
    /// Up to four interleaved streams of the x86 SHA extension.
    case shani
    /// 8 lanes of AVX2.
    case avx2
    /// 16 lanes of AVX-512 (F, VL and BW).
    case avx512

    /// Whether the processor has the instructions.
    public var isAvailable: Bool {
        switch self {
        case .openssl: true
        case .shani: Processor.hasSHA
        case .avx2: Processor.hasAVX2
        case .avx512: Processor.hasAVX512
        }
    }

    /// The kernels this processor has, slowest first.
    public static var available: [Kernel] { allCases.filter(\.isAvailable) }

    /// The fastest kernel of this processor, by what it has: AVX-512; on AMD's, SHA streams; AVX2; OpenSSL.
    public static var best: Kernel {
        if avx512.isAvailable { return .avx512 }
        if Processor.prefersStreams { return .shani }
        if avx2.isAvailable { return .avx2 }
        return .openssl
    }

    /// The variable that forces a kernel.
    public static let variable = "COSPLAN_KERNEL"

    /// The kernel that ``variable`` names, or ``best`` where it is unset or empty.
    ///
    /// - Throws: ``KernelError`` for a name that is none, or a kernel the processor lacks.
    public static func chosen() throws(KernelError) -> Kernel {
        let value: String? = unsafe getenv(variable).map { unsafe String(cString: $0) }
        return try chosen(named: value)
    }

    /// The kernel called `name`, or ``best`` for nil and for an empty name.
    ///
    /// - Throws: ``KernelError`` for a name that is none, or a kernel the processor lacks.
    public static func chosen(named name: String?) throws(KernelError) -> Kernel {
        guard let name, !name.isEmpty else { return best }
        guard let kernel = Kernel(rawValue: name) else { throw .unknown(name: name) }
        guard kernel.isAvailable else { throw .unavailable(kernel) }
        return kernel
    }
}
