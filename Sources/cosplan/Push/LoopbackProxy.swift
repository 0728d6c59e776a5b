import Foundation

/// Keeps requests to loopback away from a proxy.
enum LoopbackProxy {
    /// Makes libcurl, which reads the proxy variables itself, use no proxy.
    ///
    /// Call it before the first request.
    static func turnOff() {
        for name in ["no_proxy", "NO_PROXY"] { setenv(name, "*", 1) }
    }
}
