import CLibCrypto
import PlanCore

/// An incremental SHA-1 that can start from any recorded state.
///
/// Implemented by OpenSSL.
struct SHA1Stream {
    private var context = SHA_CTX()

    /// Continues from `state`, the state after `length` bytes.
    ///
    /// - Precondition: `length` is a multiple of 64, as for every recorded state.
    init(from state: RunningState = .initial, after length: Int64 = 0) {
        precondition(length >= 0 && length % 64 == 0, "a state stands between two blocks")
        unsafe SHA1_Init(&context)
        context.h0 = state.words.0
        context.h1 = state.words.1
        context.h2 = state.words.2
        context.h3 = state.words.3
        context.h4 = state.words.4
        let bits = UInt64(length) &* 8
        context.Nl = UInt32(truncatingIfNeeded: bits)
        context.Nh = UInt32(truncatingIfNeeded: bits >> 32)
    }

    /// Processes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        unsafe SHA1_Update(&context, start, bytes.count)
    }

    /// The running state; nil inside a 64-byte block.
    var state: RunningState? {
        guard context.num == 0 else { return nil }
        return RunningState(words: (context.h0, context.h1, context.h2, context.h3, context.h4))
    }

    /// The padded digest of all bytes so far.
    ///
    /// The stream can be continued.
    var digest: Digest {
        var last = context
        var bytes = [UInt8](repeating: 0, count: 20)
        unsafe SHA1_Final(&bytes, &last)
        return Digest(bytes: bytes[...])
    }

    /// The SHA-1 of `bytes`.
    static func digest(of bytes: [UInt8]) -> Digest {
        var stream = SHA1Stream()
        unsafe bytes.withUnsafeBytes { unsafe stream.update($0) }
        return stream.digest
    }
}
