import Testing

@testable import PlanCore

@Suite("Base64")
struct Base64Tests {
    /// RFC 4648, section 10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("the standard's vectors read and write", arguments: vectors)
    func vector(plain: String, text: String) {
        #expect(Base64.encoded(Array(plain.utf8)) == text)
        #expect(Base64.decoded(text) == Array(plain.utf8))
    }

    @Test(
        "other alphabets, missing padding and bits left over are refused",
        arguments: ["Zg", "Zg=", "Zh==", "Z===", "====", "Zm9v=", "Z-8_", "Zm 9", "=m9v", "Zm9v\n"])
    func refused(text: String) {
        #expect(Base64.decoded(text) == nil)
    }
}
