#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's time.
enum SystemClock {
    /// Unix seconds.
    static var now: Int64 { Int64(time(nil)) }
}
