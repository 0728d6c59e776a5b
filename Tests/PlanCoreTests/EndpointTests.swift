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
        for text in ["http://localhost", "http://127.0.0.1:8", "http://127.255.0.3", "http://[::1]"] {
            #expect(try Endpoint(text).isLoopback, "\(text)")
        }
        for text in [
            "http://127.0.0.1.example.com", "http://localhost.example.com", "http://128.0.0.1",
            "http://127.0.0",
            "http://127.0.0.256", "http://127.0.0.0.1", "http://[::2]", "http://gz.file.myqcloud.com",
        ] {
            #expect(try !Endpoint(text).isLoopback, "\(text)")
        }
    }
}
