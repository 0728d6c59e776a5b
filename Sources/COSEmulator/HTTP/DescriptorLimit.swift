import Glibc

/// The limit on open files, and how many connections it leaves room for.
struct DescriptorLimit: Hashable, Sendable {
    /// The soft limit.
    let limit: Int
    /// The number of open descriptors.
    let open: Int

    /// Descriptors that all threads together may open below the root, plus a reserve for the rest of the
    /// process.
    static let reserve = 18

    /// The current limit and number of open descriptors.
    ///
    /// **Cost**: one system call per number below the limit, at most ``countedNumbers``.
    static var current: DescriptorLimit {
        var limits = rlimit()
        let failed = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) != 0
        let soft = failed ? countedNumbers : Int(clamping: limits.rlim_cur)
        let open = (0..<Int32(clamping: min(soft, countedNumbers))).count { fcntl($0, F_GETFD) >= 0 }
        return DescriptorLimit(limit: soft, open: open)
    }

    /// Numbers from this one on are not counted: with such a limit there is room.
    private static let countedNumbers = 4_096

    /// The number of connections there is room for; 0 or less if there is none.
    var connections: Int { limit - open - Self.reserve }

    /// The lowest limit that leaves room for a few connections.
    var needed: Int { open + Self.reserve + 4 }
}
