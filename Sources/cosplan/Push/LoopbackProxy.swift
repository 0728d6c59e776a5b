import Foundation

/// Keeps requests to this machine from a proxy.
enum LoopbackProxy {
    /// Tells libcurl, which reads the proxy variables itself, to use none; call it before the first request.
    static func turnOff() {
        for name in ["no_proxy", "NO_PROXY"] { setenv(name, "*", 1) }
    }
}
