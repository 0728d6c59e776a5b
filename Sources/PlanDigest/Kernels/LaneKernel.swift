import CSHA1Lanes
import PlanCore

/// A function that hashes `width` messages at once; `CSHA1Lanes.h` describes the layout of states.
@safe package struct LaneKernel: Sendable {
    package typealias Hash =
        @convention(c) (
            UnsafeMutablePointer<UInt32>?, UnsafePointer<UnsafePointer<UInt8>?>?, Int
        ) -> Void
    package typealias HashPair =
        @convention(c) (
            UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<UInt32>?,
            UnsafePointer<UnsafePointer<UInt8>?>?, Int
        ) -> Void

    /// Its name in benchmark results.
    package let name: String
    /// The number of messages.
    package let width: Int
    /// Advances one state per message.
    let hash: Hash
    /// Advances two states per message; nil if there is no such function.
    let hashPair: HashPair?
    /// The throughput over all its messages, relative to one stream.
    ///
    /// **Source**: ``KernelTable``.
    let speed: Double
    /// The same with two states per message, each byte counted once.
    let pairSpeed: Double

    package init(
        name: String, width: Int, hash: Hash, hashPair: HashPair?, speed: Double, pairSpeed: Double
    ) {
        self.name = name
        self.width = width
        unsafe self.hash = hash
        unsafe self.hashPair = hashPair
        self.speed = speed
        self.pairSpeed = pairSpeed
    }

    /// OpenSSL, one message after another.
    static let openssl = unsafe LaneKernel(
        name: "openssl", width: 1,
        hash: { state, data, blocks in unsafe opensslHash(state, data, blocks) },
        hashPair: { state, other, data, blocks in
            unsafe opensslHash(state, data, blocks)
            unsafe opensslHash(other, data, blocks)
        }, speed: 1, pairSpeed: 0.5)
}

private func opensslHash(
    _ state: UnsafeMutablePointer<UInt32>?, _ data: UnsafePointer<UnsafePointer<UInt8>?>?, _ blocks: Int
) {
    guard let state = unsafe state, let data = unsafe data?.pointee else { return }
    var running = unsafe RunningState(words: (state[0], state[1], state[2], state[3], state[4]))
    unsafe StreamHash.advance(&running, over: data, blocks: blocks)
    unsafe (state[0], state[1], state[2], state[3], state[4]) = running.words
}

#if arch(x86_64)
    extension LaneKernel {
        /// 8 lanes in AVX2 registers.
        static let avx2 = unsafe LaneKernel(
            name: "avx2 8 lanes", width: 8, hash: cosplan_sha1_lanes8_avx2_hash,
            hashPair: cosplan_sha1_lanes8_avx2_hash_pair,
            speed: Processor.prefersStreams ? 2.1 : 1.75, pairSpeed: Processor.prefersStreams ? 1.25 : 1.05)

        /// 16 lanes in AVX-512 registers.
        static let avx512 = unsafe LaneKernel(
            name: "avx512 16 lanes", width: 16, hash: cosplan_sha1_lanes16_avx512_hash,
            hashPair: cosplan_sha1_lanes16_avx512_hash_pair, speed: 3.9, pairSpeed: 2.7)

        /// One, two and four streams of the SHA extension.
        static let streams = unsafe [
            LaneKernel(
                name: "shani 1 stream", width: 1, hash: cosplan_sha1_streams1_shani_hash,
                hashPair: cosplan_sha1_streams1_shani_hash_pair, speed: 1,
                pairSpeed: Processor.prefersStreams ? 0.92 : 0.8),
            LaneKernel(
                name: "shani 2 streams", width: 2, hash: cosplan_sha1_streams2_shani_hash,
                hashPair: cosplan_sha1_streams2_shani_hash_pair, speed: Processor.prefersStreams ? 1.8 : 1.15,
                pairSpeed: Processor.prefersStreams ? 1.2 : 0.8),
            LaneKernel(
                name: "shani 4 streams", width: 4, hash: cosplan_sha1_streams4_shani_hash, hashPair: nil,
                speed: Processor.prefersStreams ? 2.3 : 1.15, pairSpeed: 0),
        ]
    }
#endif

/// The features of the processor.
///
/// **Source**: `CPUID`, queried once.
enum Processor {
    static let hasAVX2 = cosplan_sha1_avx2_is_available()
    static let hasAVX512 = cosplan_sha1_avx512_is_available()
    static let hasSHA = cosplan_sha1_shani_is_available()
    static let prefersStreams = cosplan_sha1_shani_prefers_streams()
}
