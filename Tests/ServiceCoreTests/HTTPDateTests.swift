import ServiceCore
import Testing

@Suite("Times")
struct HTTPDateTests {
    @Test(
        "dates of HTTP are Unix seconds",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Tue, 12 Sep 2017 07:36:59 GMT", 1_505_201_819),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Thursday, 01-Jan-70 00:00:00 GMT", 0), ("Thursday, 29-Feb-24 23:59:59 GMT", 1_709_251_199),
            ("Thu Feb 29 23:59:59 2024", 1_709_251_199),
        ] as [(String, Int64)])
    func read(text: String, seconds: Int64) {
        #expect(HTTPDate.unixSeconds(text) == seconds)
    }

    @Test(
        "other forms are none",
        arguments: [
            "", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 CET",
            "Sunday, 06-Nov--4 08:49:37 GMT", "Sun Nov  6 08:49:37 19940", "Sun Nov  6 08:49 1994",
            "Sun Nov  x 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        ])
    func refused(text: String) {
        #expect(HTTPDate.unixSeconds(text) == nil)
    }

    @Test(
        "receipts hold RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_505_201_819, "2017-09-12T07:36:59Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"), (-1, "1969-12-31T23:59:59Z"),
            (Int64.max, "9999-12-31T23:59:59Z"), (Int64.min, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func timestamp(seconds: Int64, text: String) {
        #expect(HTTPDate.timestamp(seconds) == text)
    }

    @Test(
        "dates are written as HTTP has them, of the years it has",
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"),
            (1_505_201_819, "Tue, 12 Sep 2017 07:36:59 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (-62_135_596_800, "Mon, 01 Jan 0001 00:00:00 GMT"),
        ] as [(Int64, String)])
    func header(seconds: Int64, text: String) {
        #expect(HTTPDate.text(seconds) == text)
    }
}
