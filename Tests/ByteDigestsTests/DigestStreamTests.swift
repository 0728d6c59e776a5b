import ByteDigests
import PlanCore
import Testing

@Suite("Digests of a stream")
struct DigestStreamTests {
    /// The examples of FIPS 180-4 and RFC 1321; the others by md5sum and sha256sum.
    static let vectors: [(DigestStream.Algorithm, String, String)] = [
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            .sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            .sha1, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"), (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (
            .md5, "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ]

    @Test("the standards' examples, in one piece and byte by byte", arguments: vectors)
    func examples(_ algorithm: DigestStream.Algorithm, _ text: String, _ digest: String) {
        var whole = DigestStream(algorithm)
        whole.take(Array(text.utf8))
        #expect(whole.digest.hexText == digest)
        var pieces = DigestStream(algorithm)
        for byte in text.utf8 { pieces.take([byte]) }
        #expect(pieces.digest.hexText == digest)
        // Reading the digest does not end the stream.
        #expect(pieces.digest.hexText == digest)
    }
}
