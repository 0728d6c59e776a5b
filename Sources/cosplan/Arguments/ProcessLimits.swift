import Foundation
import PlanFiles

/// What a command needs from the system, so that a limit is reported at the start instead of being hit later.
struct ProcessNeeds {
    /// Threads besides the main one.
    var threads: Int
    /// Memory besides the threads' stacks.
    ///
    /// **Unit**: bytes.
    var memory: Int
    /// The minimum number of descriptors.
    var descriptors: Int
    /// Whether it uses Swift concurrency or Foundation's HTTP client.
    var isConcurrent: Bool
    /// The options whose lower values reduce `memory`; nil if there are none.
    var memoryOptions: String?
}

/// A command whose needs are checked at its start.
protocol LimitedCommand {
    /// What it needs with its current options.
    var needs: ProcessNeeds { get }
    /// Sets how it writes on standard error, where a limit is told of as well.
    func applyConsole()
}

/// A command that uses Swift concurrency only with some options.
///
/// Some sandboxes do not allow it.
protocol ConcurrentCommand: LimitedCommand, Sendable {
    /// Runs instead of `run()` if ``ProcessNeeds/isConcurrent`` is set.
    func runConcurrently() async throws
}

/// The limits set by an administrator, a container or `ulimit`.
///
/// Each is tested by using it: a limit imposed by a sandbox cannot be read.
enum ProcessLimits {
    private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    private static let addressSpace = __rlimit_resource_t(RLIMIT_AS.rawValue)

    /// Raises the soft limit on open files to the hard limit.
    ///
    /// The soft limit is low only for programs that use `select`; here every lane of every thread keeps a
    /// file open.
    static func raiseOpenFiles() {
        var limit = rlimit()
        guard getrlimit(openFiles, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        // Enough even if the hard limit is unlimited.
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 65_536))
        setrlimit(openFiles, &limit)
    }

    /// Checks that the system allows what `command` needs.
    ///
    /// - Throws: ``CommandFailure`` (78), with the limit and the amount needed.
    static func check(_ command: String, needs: ProcessNeeds) throws(CommandFailure) {
        if needs.isConcurrent { try checkProc(command) }
        try checkDescriptors(command, needs.descriptors)
        if addressSpaceLimit < rlim_t(Int.max) { AddressSpace.useOneArena() }
        let stacks = needs.threads * stackBytes
        guard canMap(needs.memory + stacks) else {
            throw CommandFailure(.configuration, memoryMessage(command, needs, needs.memory + stacks))
        }
        let (started, code) = startThreads(needs.threads)
        guard started < needs.threads else { return }
        throw CommandFailure(.configuration, threadsMessage(command, needs.threads, started: started, code))
    }

    /// How many requests may be in flight, if each needs `each` descriptors in addition to `base` for all.
    ///
    /// **Shape**: from 1 to `wanted`.
    private static func requests(wanted: Int, each: Int, base: Int) -> Int {
        let free = freeDescriptors(upTo: base + wanted * each)
        return max(1, min(wanted, (free - base) / each))
    }
}

extension ProcessLimits {
    /// The number of `wanted` requests that the limit on open files allows; writes a note if it is lower.
    static func possible(_ wanted: Int, of flag: String, each: Int, base: Int) -> Int {
        let possible = requests(wanted: wanted, each: each, base: base)
        if possible < wanted {
            Console.standardError.note(
                "\(possible) of --\(flag) \(wanted) at a time: the limit of open files (ulimit -n) has no room for "
                    + "more"
            )
        }
        return possible
    }
}

// /proc, which the runtime reads.
extension ProcessLimits {
    /// libdispatch reads the state of its threads there and traps if it cannot.
    ///
    /// Foundation looks up the executable there before its first HTTP session and traps as well.
    private static func checkProc(_ command: String) throws(CommandFailure) {
        guard access("/proc/self/stat", R_OK) != 0 || access("/proc/self/exe", F_OK) != 0 else { return }
        throw CommandFailure(
            .configuration,
            "/proc: it is not mounted, and Swift's runtime needs it for \(command); mount it (mount -t proc proc /proc)"
        )
    }
}

// Descriptors.
extension ProcessLimits {
    private static func checkDescriptors(_ command: String, _ count: Int) throws(CommandFailure) {
        let free = freeDescriptors(upTo: count)
        guard free < count else { return }
        var limit = rlimit()
        getrlimit(openFiles, &limit)
        // Inherited descriptors may have numbers beyond the limit.
        let needed = (0..<4096).count { fcntl($0, F_GETFD) >= 0 } + count
        throw CommandFailure(
            .configuration,
            "open files: the limit is \(limit.rlim_cur); \(command) needs at least \(needed); raise it (ulimit -n)"
        )
    }

    /// How many more descriptors the process may open, at most `count`.
    private static func freeDescriptors(upTo count: Int) -> Int {
        let first = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard first >= 0 else { return 0 }
        var opened = [first]
        while opened.count < count {
            let next = fcntl(first, F_DUPFD_CLOEXEC, 0)
            guard next >= 0 else { break }
            opened.append(next)
        }
        for descriptor in opened { close(descriptor) }
        return opened.count
    }
}

// Memory.
extension ProcessLimits {
    /// The soft limit on the address space.
    ///
    /// **Unit**: bytes.
    private static var addressSpaceLimit: rlim_t {
        var limit = rlimit()
        getrlimit(addressSpace, &limit)
        return limit.rlim_cur
    }

    /// The default stack size of a thread.
    ///
    /// **Unit**: bytes.
    private static var stackBytes: Int {
        var attributes = pthread_attr_t()
        var size = 0
        guard pthread_attr_init(&attributes) == 0 else { return 8 << 20 }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_getstacksize(&attributes, &size)
        return size
    }

    private static func canMap(_ bytes: Int) -> Bool {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let start = mmap(nil, max(1, bytes), PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start, start != MAP_FAILED else { return false }
        munmap(start, max(1, bytes))
        return true
    }

    private static func memoryMessage(_ command: String, _ needs: ProcessNeeds, _ bytes: Int) -> String {
        let orLess = needs.memoryOptions.map { ", or lower \($0)" } ?? ""
        let limit = addressSpaceLimit
        guard limit < rlim_t(Int.max) else {
            return "memory: \(command) needs \(ByteText.size(Int64(bytes))) and the system gives less; "
                + "raise the limits on memory (ulimit -d)\(orLess)"
        }
        var free = 0
        for bit in (20..<48).reversed() where canMap(free + 1 << bit) { free += 1 << bit }
        let needed = (Int(limit) - free + bytes + 1023) / 1024
        return
            "memory: the limit of the address space is \(limit / 1024) KiB; \(command) needs \(needed) KiB; "
            + "raise it (ulimit -v)\(orLess)"
    }
}

// Threads.
extension ProcessLimits {
    /// Starts `count` threads at the same time and ends them.
    ///
    /// Returns how many were started, and the errno of the first failure.
    private static func startThreads(_ count: Int) -> (started: Int, code: Int32) {
        let gate = DispatchSemaphore(value: 0)
        var threads: [pthread_t] = []
        var code: Int32 = 0
        while threads.count < count, code == 0 {
            var thread = pthread_t()
            code = pthread_create(
                &thread, nil,
                { gate in
                    guard let gate else { return nil }
                    Unmanaged<DispatchSemaphore>.fromOpaque(gate).takeUnretainedValue().wait()
                    return nil
                }, Unmanaged.passUnretained(gate).toOpaque())
            if code == 0 { threads.append(thread) }
        }
        for _ in threads { gate.signal() }
        for thread in threads { pthread_join(thread, nil) }
        return (threads.count, code)
    }

    private static func threadsMessage(_ command: String, _ count: Int, started: Int, _ code: Int32) -> String
    {
        let reason = String(cString: strerror(code)).lowercased()
        let could = started == 0 ? "none" : "only \(started)"
        let advice =
            code == EAGAIN
            ? "raise the limit of processes (ulimit -u, or the container's) by \(count - started) or more, or lower that "
                + "of stacks (ulimit -s) if it is huge"
            : "let the sandbox allow clone3 and clone, or answer ENOSYS to clone3"
        return "threads: \(command) needs \(count) and \(could) could be started (\(reason)); \(advice)"
    }
}
