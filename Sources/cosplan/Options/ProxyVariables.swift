import Foundation
import PlanCore

/// The proxy that libcurl uses for an endpoint, from the variables that it reads itself.
///
/// **Source**: libcurl 7.88, `detect_proxy` and `Curl_check_noproxy`.
struct ProxyVariables {
    /// A proxy.
    struct Proxy {
        /// Host and port as given, without scheme, user and password.
        let name: String
        /// The variable that names it.
        let variable: String
    }

    var environment = ProcessInfo.processInfo.environment

    /// The proxy for requests to `endpoint`; nil if they go to it directly.
    func proxy(for endpoint: Endpoint) -> Proxy? {
        guard !endpoint.isLoopback, !isExcepted(endpoint.host) else { return nil }
        // An upper-case HTTP_PROXY can be set by a client of a CGI program, so libcurl ignores it.
        let names =
            (endpoint.isEncrypted ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]) + [
                "all_proxy", "ALL_PROXY",
            ]
        for name in names {
            guard let value = value(name) else { continue }
            return Proxy(name: Self.place(value), variable: name)
        }
        return nil
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Whether `no_proxy` lists a host or a domain above it.
    private func isExcepted(_ host: String) -> Bool {
        guard let list = value("no_proxy") ?? value("NO_PROXY") else { return false }
        if list == "*" { return true }
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return list.lowercased().split(whereSeparator: { $0 == "," || $0 == " " }).contains { entry in
            let domain = entry.hasPrefix(".") ? entry.dropFirst() : entry[...]
            return bare == domain || bare.hasSuffix("." + domain)
        }
    }

    /// The part of a proxy's URL that may be shown.
    ///
    /// Nothing before the last `@`: in a password that is not percent-encoded, `/`, `?` and `#` would end the host.
    private static func place(_ url: String) -> String {
        let afterScheme = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let afterUser = afterScheme.lastIndex(of: "@").map { afterScheme[afterScheme.index(after: $0)...] }
        return String((afterUser ?? afterScheme).prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }
}

/// Keeps requests to loopback away from a proxy.
enum LoopbackProxy {
    /// Makes libcurl, which reads the proxy variables itself, use no proxy.
    ///
    /// Call it before the first request.
    static func turnOff() {
        for name in ["no_proxy", "NO_PROXY"] { setenv(name, "*", 1) }
    }
}
