import PlanDigest
import Testing

@Suite("SHA-256 of a stream")
struct SHA256StreamTests {
    @Test(
        "the standard's examples, in one piece and byte by byte",
        arguments: [
            // FIPS 180-4's examples, and sha256sum of no bytes.
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func examples(_ text: String, _ digest: String) {
        let whole = SHA256Stream()
        whole.update(Array(text.utf8))
        #expect(whole.hexDigest == digest)
        let pieces = SHA256Stream()
        for byte in text.utf8 { pieces.update([byte]) }
        #expect(pieces.hexDigest == digest)
        // Asking does not end the stream.
        #expect(pieces.hexDigest == digest)
    }
}
