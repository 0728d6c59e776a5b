import CSHA1Lanes
import CSHA1LanesPortable
import Testing

/// A kernel under test: its width and its functions.
@safe struct TestedKernel: Sendable, CustomTestStringConvertible {
    typealias Hash =
        @convention(c) (
            UnsafeMutablePointer<UInt32>?, UnsafePointer<UnsafePointer<UInt8>?>?, Int
        ) -> Void
    typealias HashPair =
        @convention(c) (
            UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<UInt32>?,
            UnsafePointer<UnsafePointer<UInt8>?>?, Int
        ) -> Void

    let name: String
    let width: Int
    let hash: Hash
    let hashPair: HashPair?

    var testDescription: String { name }

    /// Every kernel that this processor can run; the portable 16-lane build runs everywhere.
    static let available: [TestedKernel] = {
        var kernels = unsafe [
            TestedKernel(
                name: "16 lanes, portable", width: 16, hash: cosplan_sha1_lanes16_portable_hash,
                hashPair: cosplan_sha1_lanes16_portable_hash_pair)
        ]
        #if arch(x86_64)
            if cosplan_sha1_avx2_is_available() {
                unsafe kernels.append(
                    TestedKernel(
                        name: "8 lanes, AVX2", width: 8, hash: cosplan_sha1_lanes8_avx2_hash,
                        hashPair: cosplan_sha1_lanes8_avx2_hash_pair))
            }
            if cosplan_sha1_avx512_is_available() {
                unsafe kernels.append(
                    TestedKernel(
                        name: "16 lanes, AVX-512", width: 16, hash: cosplan_sha1_lanes16_avx512_hash,
                        hashPair: cosplan_sha1_lanes16_avx512_hash_pair))
            }
            if cosplan_sha1_shani_is_available() {
                kernels.append(contentsOf: streams)
            }
        #endif
        return kernels
    }()

    #if arch(x86_64)
        private static let streams = unsafe [
            TestedKernel(
                name: "1 stream, SHA", width: 1, hash: cosplan_sha1_streams1_shani_hash,
                hashPair: cosplan_sha1_streams1_shani_hash_pair),
            TestedKernel(
                name: "2 streams, SHA", width: 2, hash: cosplan_sha1_streams2_shani_hash,
                hashPair: cosplan_sha1_streams2_shani_hash_pair),
            TestedKernel(
                name: "4 streams, SHA", width: 4, hash: cosplan_sha1_streams4_shani_hash, hashPair: nil),
        ]
    #endif
}
