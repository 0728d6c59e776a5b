import Glibc

/// How many files the process may have open, and how many of them the emulator can use for connections.
struct DescriptorLimit: Hashable, Sendable {
    /// The soft limit.
    let limit: Int
    /// How many are open.
    let open: Int

    /// What requests of all threads open at once below the root, and some to spare for the rest of the
    /// process.
    static let reserve = 18

    /// The process's limit and what is open now. **Cost**: a system call for each number below the limit, at
    /// most ``countedNumbers``.
    static var current: DescriptorLimit {
        var limits = rlimit()
        let failed = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) != 0
        let soft = failed ? countedNumbers : Int(clamping: limits.rlim_cur)
        let open = (0..<Int32(clamping: min(soft, countedNumbers))).count { fcntl($0, F_GETFD) >= 0 }
        return DescriptorLimit(limit: soft, open: open)
    }

    /// Numbers above this one are not looked at: with so many there is room.
    private static let countedNumbers = 4_096

    /// How many connections there is room for; 0 or less where there is none.
    var connections: Int { limit - open - Self.reserve }

    /// The smallest limit that leaves room for a few connections.
    var needed: Int { open + Self.reserve + 4 }
}
