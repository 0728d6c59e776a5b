/// The chaining value of SHA-1 (FIPS 180-4, H0…H4) after a whole number of 64-byte blocks, without padding.
///
/// **Source**: the vendor SDKs, which send it as `datasha` for every part except the last.
package struct RunningState: Hashable, Sendable {
    /// H0…H4.
    package let words: (UInt32, UInt32, UInt32, UInt32, UInt32)

    /// Creates a state from H0…H4.
    package init(words: (UInt32, UInt32, UInt32, UInt32, UInt32)) {
        self.words = words
    }

    /// The state before the first byte of a file.
    ///
    /// **Source**: FIPS 180-4, 5.3.1.
    package static let initial = RunningState(
        words: (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0))

    /// Parses the wire form: each word in little-endian order.
    package init(datasha: Digest) {
        let wire = datasha.words
        words = (
            wire.0.byteSwapped, wire.1.byteSwapped, wire.2.byteSwapped, wire.3.byteSwapped,
            wire.4.byteSwapped
        )
    }

    /// The wire form: each word in little-endian order, the reverse of the usual SHA-1 hex.
    package var datasha: Digest {
        Digest(
            words: (
                words.0.byteSwapped, words.1.byteSwapped, words.2.byteSwapped, words.3.byteSwapped,
                words.4.byteSwapped
            ))
    }

    /// The words in the usual big-endian order, which is correct only for a finished hash.
    package var bigEndian: Digest { Digest(words: words) }

    package static func == (left: RunningState, right: RunningState) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(bigEndian) }
}
