import CLibCrypto
import PlanCore

/// OpenSSL's SHA-1 with access to its state: a single stream, and the reference for all kernels.
enum StreamHash {
    /// Advances `state` over `blocks` whole 64-byte blocks at `data`.
    static func advance(_ state: inout RunningState, over data: UnsafePointer<UInt8>, blocks: Int) {
        var context = context(state, bytesBefore: 0)
        unsafe SHA1_Update(&context, data, blocks * 64)
        state = RunningState(words: (context.h0, context.h1, context.h2, context.h3, context.h4))
    }

    /// Finishes the SHA-1 of a message.
    ///
    /// - Parameters:
    ///   - state: the running state after the message's whole blocks.
    ///   - length: the length of the whole message in bytes.
    ///   - tail: its last `length % 64` bytes.
    /// - Returns: the SHA-1 of the message.
    static func finish(_ state: RunningState, length: Int64, tail: UnsafeRawBufferPointer) -> Digest {
        precondition(tail.count == Int(length % 64), "the tail is what the whole blocks leave over")
        var context = context(state, bytesBefore: UInt64(length) - UInt64(tail.count))
        unsafe SHA1_Update(&context, tail.baseAddress, tail.count)
        var bytes: (UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &bytes) { buffer in
            _ = unsafe SHA1_Final(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        return Digest(
            words: (
                bytes.0.bigEndian, bytes.1.bigEndian, bytes.2.bigEndian, bytes.3.bigEndian,
                bytes.4.bigEndian
            ))
    }

    /// The SHA-1 of `bytes`.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var state = RunningState.initial
        let blocks = bytes.count / 64
        if blocks > 0, let start = bytes.baseAddress {
            unsafe advance(&state, over: start.assumingMemoryBound(to: UInt8.self), blocks: blocks)
        }
        let tail = unsafe UnsafeRawBufferPointer(rebasing: bytes[(blocks * 64)...])
        return unsafe finish(state, length: Int64(bytes.count), tail: tail)
    }

    /// A context that has processed `bytesBefore` bytes, a multiple of 64, and is in `state`.
    private static func context(_ state: RunningState, bytesBefore: UInt64) -> SHA_CTX {
        var context = SHA_CTX()
        unsafe SHA1_Init(&context)
        (context.h0, context.h1, context.h2, context.h3, context.h4) = state.words
        let bits = bytesBefore << 3
        context.Nl = UInt32(truncatingIfNeeded: bits)
        context.Nh = UInt32(truncatingIfNeeded: bits >> 32)
        return context
    }
}
