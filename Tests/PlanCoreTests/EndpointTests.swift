import Glibc
import PlanCore
import Testing

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "a scheme, a host and a port are read",
        arguments: [
            ("https://gz.file.myqcloud.com", "https://gz.file.myqcloud.com"),
            ("http://gz.file.myqcloud.com/", "http://gz.file.myqcloud.com"),
            ("HTTP://Example.COM:80", "http://example.com"), ("https://h:443/", "https://h"),
            ("https://h:80", "https://h:80"), ("http://127.0.0.1:65535", "http://127.0.0.1:65535"),
            ("http://[::1]:1", "http://[::1]:1"), ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ])
    func read(text: String, shown: String) throws {
        #expect(try Endpoint(text).description == shown)
    }

    @Test(
        "anything more or less is refused",
        arguments: [
            "", "gz.file.myqcloud.com", "ftp://h", "https://", "https:///", "https://h//", "https://h/path",
            "https://h?x", "https://h#x", "https://user@h", "https://user:pw@h", "https://h:", "https://h:0",
            "https://h:65536", "https://h:8a", "https://h:+80", "https://h:1:2", "https://h h", "https://h\n",
            "https://h%2f", "https://h\\x", "https://-h", "https://.h", "https://[::1", "https://[::1]x",
            "https://[]", "https://[g::]", "https://上", " https://h",
        ])
    func refused(text: String) {
        #expect(throws: EndpointError.self) { try Endpoint(text) }
    }

    @Test(
        "an IPv6 address is read as the C library reads it, and written as it writes it",
        arguments: [
            "::", "::1", "0:0::1", "0:0:0:0:0:0:0:1", "::0001", "FE80::1", "fe80::1:0:0:2", "1:0:0:2::3",
            "2001:db8:0:1:1:1:1:1", "2001:db8::0:1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
            "1::8", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::192.0.2.33",
            "::ffff:0:1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4", "0:0:0:0:0:ffff:a:b", "::a:b", "1:0:0:0:1:0:0:0", "0:0:1:0:0:0:1:0",
            // None of these is a valid address.
            "", ":", ":::", ":1::", "1::2::3", "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::12345", "::g", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::1.2.3.04",
            "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%25eth0", "fe80::1%1", "127.0.0.1",
        ])
    func ipv6(text: String) {
        var address = in6_addr()
        var written = [CChar](repeating: 0, count: 64)
        let isAddress = inet_pton(AF_INET6, text, &address) == 1
        if isAddress { inet_ntop(AF_INET6, &address, &written, 64) }
        let shown = String(decoding: written.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let expected = isAddress ? "http://[\(shown)]:8" : nil
        #expect((try? Endpoint("http://[\(text)]:8"))?.description == expected)
    }

    @Test(
        "what some programs read as an IPv4 address and others as a name is refused in words",
        arguments: [
            "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01",
            "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "host.1", "1.2.3.0x4", "1",
        ])
    func ambiguousIPv4(text: String) {
        let whole = "http://\(text):8080"
        #expect(throws: EndpointError.badAddress(text: whole)) { try Endpoint(whole) }
        #expect(EndpointError.badAddress(text: whole).description.contains("four decimal numbers"))
    }

    @Test(
        "names that only begin like addresses are names",
        arguments: ["1.2.3.4.example", "0x.de", "1a", "3com.com"])
    func names(text: String) throws {
        #expect(try Endpoint("http://\(text)").host == text)
    }

    @Test("a user name or password is never repeated")
    func userInfo() {
        for text in ["https://user:pw@h", "ftp://user:pw@h", "user:pw@h"] {
            do throws(EndpointError) {
                _ = try Endpoint(text)
                Issue.record("\(text) was read")
            } catch { #expect(!"\(error)".contains("pw")) }
        }
    }

    @Test("loopback is localhost, 127.0.0.0/8 and ::1, and nothing that begins like them")
    func loopback() throws {
        for text in [
            "http://localhost", "http://127.0.0.1:8", "http://127.255.0.3", "http://[::1]",
            "http://[0:0::1]", "http://[::ffff:127.0.0.1]",
        ] {
            #expect(try Endpoint(text).isLoopback, "\(text)")
        }
        for text in [
            "http://127.0.0.1.example.com", "http://localhost.example.com", "http://128.0.0.1",
            "http://[::ffff:128.0.0.1]", "http://[::2]", "http://gz.file.myqcloud.com",
        ] {
            #expect(try !Endpoint(text).isLoopback, "\(text)")
        }
    }
}
