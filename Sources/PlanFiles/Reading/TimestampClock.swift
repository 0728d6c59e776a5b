import CFiles
import Glibc
import PlanCore

/// The clock of file time stamps, and their resolution.
///
/// Two writes within one tick of that clock leave the same stamps. A file with stamps younger than a tick is
/// therefore waited for before its identity is taken, so that every later write changes the stamps. The wait
/// depends on the clock only: many files written before a command began cost one tick together, not one each.
///
/// A single `write` is stamped when it begins. One in progress while the file is opened may still be copying
/// bytes after its stamp has become old.
package struct TimestampClock: Sendable {
    /// How far apart two writes may be and still bear the same stamp.
    ///
    /// **Unit**: nanoseconds.
    package struct Tick: Hashable, Sendable {
        /// The time from one stamp to the next.
        package var length: Int64
        /// The maximum difference between the stamping clock and this machine's; 0 for local file systems.
        package var clockError: Int64 = 0

        /// Creates a tick of `length` nanoseconds.
        package init(length: Int64, clockError: Int64 = 0) {
            self.length = length
            self.clockError = clockError
        }

        /// How long to wait from `now` until no write can be given the stamp `stamp` any more.
        ///
        /// 0 for stamps that are old enough, and for stamps in the future, which no write is given now.
        package func remaining(for stamp: Int64, at now: Moment) -> Int64 {
            guard stamp <= now.latest + clockError else { return 0 }
            return max(0, stamp + length + clockError - now.earliest)
        }
    }

    /// What the kernel may stamp a write with that it makes now: a time from `earliest` to `latest`.
    ///
    /// Writes are stamped by a coarse clock, which advances some hundred times a second, or less often on a busy
    /// machine. From Linux 6.13 on, a write to a file whose stamps were read before is stamped with the precise time,
    /// and others no earlier than that: such a stamp is later than the coarse clock, and yet not in the future.
    ///
    /// **Unit**: nanoseconds since 1970. **Source**: the kernel's Documentation/filesystems/multigrain-ts.rst.
    package struct Moment: Hashable, Sendable {
        /// The time by the coarse clock.
        package let earliest: Int64
        /// The precise time.
        package let latest: Int64

        /// Creates a moment.
        package init(earliest: Int64, latest: Int64) {
            self.earliest = earliest
            self.latest = latest
        }

        /// Reads the system's clocks, the coarse one first.
        package static func now() -> Moment {
            let earliest = TimestampClock.time(CLOCK_REALTIME_COARSE)
            return Moment(earliest: earliest, latest: TimestampClock.time(CLOCK_REALTIME))
        }
    }

    /// Reads the clocks that the kernel stamps with.
    var now: @Sendable () -> Moment
    /// Waits the given number of nanoseconds; may return early.
    var pause: @Sendable (Int64) -> Void
    /// Stamps are rounded down to a multiple of this, to simulate a coarse file system; nil leaves them
    /// unchanged.
    ///
    /// **Unit**: nanoseconds.
    var simulatedTick: Int64?

    /// The system clock.
    static let system = TimestampClock()

    /// The system clock; tests simulate a file system whose stamps have the resolution `simulatedTick`.
    package init(
        simulatedTick: Int64? = nil, now: @escaping @Sendable () -> Moment = { .now() },
        pause: @escaping @Sendable (Int64) -> Void = { Self.sleep(nanoseconds: $0) }
    ) {
        self.simulatedTick = simulatedTick
        self.now = now
        self.pause = pause
    }

    /// The identity given by `status`.
    func identity(_ status: stat) -> FileIdentity {
        FileIdentity(status, stampsEvery: simulatedTick ?? 1)
    }

    /// The identity of the open file, once every later write is bound to change its stamps.
    ///
    /// - Returns: nil for a file that is being written to continuously.
    func settledIdentity(of descriptor: Descriptor, _ status: stat) throws(SystemError) -> FileIdentity? {
        var identity = identity(status)
        for _ in 0..<Self.maximumRounds {
            var waited = false
            while true {
                let remaining = remaining(for: identity, of: descriptor)
                guard remaining > 0 else { break }
                pause(max(remaining, Self.resolution))
                waited = true
            }
            guard waited else { return identity }
            let later = self.identity(try descriptor.status())
            if later == identity { return identity }
            identity = later
        }
        return nil
    }

    /// How many times a file may change while it is waited for.
    private static let maximumRounds = 4

    private func remaining(for identity: FileIdentity, of descriptor: Descriptor) -> Int64 {
        let now = now()
        let (changed, modified) = (identity.statusChanged, identity.modified)
        func longest(_ tick: (Int64) -> Tick) -> Int64 {
            max(
                tick(changed).remaining(for: changed, at: now),
                tick(modified).remaining(for: modified, at: now))
        }
        // Queries the file system only for a file with young stamps.
        guard longest({ _ in Self.coarsest(simulatedTick) }) > 0 else { return 0 }
        if let simulatedTick { return longest { _ in Tick(length: simulatedTick) } }
        let fileSystem = cosplan_file_system(descriptor.number)
        return longest { Self.tick(ofFileSystem: fileSystem, stamp: $0) }
    }

    /// The tick of a stamp on the file system with the magic number `magic` (statfs(2)).
    ///
    /// The magic number does not tell the resolution (ext4 with 128-byte inodes has the same number as ext4),
    /// so the stamp itself is examined. A fine stamp that happens to look coarse, about one in ten million,
    /// only costs an unnecessary wait.
    package static func tick(ofFileSystem magic: UInt32, stamp: Int64) -> Tick {
        let stored: Int64 =
            if fat.contains(magic) {
                2 * second
            } else if stamp % second == 0 {
                second
            } else if stamp % (second / 100) == 0 {
                second / 100
            } else {
                1
            }
        return Tick(length: stored, clockError: remote.contains(magic) ? second : 0)
    }

    /// An upper bound for every tick.
    private static func coarsest(_ simulatedTick: Int64?) -> Tick {
        Tick(length: max(2 * second, simulatedTick ?? 0), clockError: second)
    }

    /// How far two writes may be apart and yet bear the same stamp on the coarsest file system, another
    /// machine's.
    ///
    /// **Unit**: nanoseconds.
    static let longestDoubt = coarsest(nil).length + coarsest(nil).clockError

    private static let second: Int64 = 1_000_000_000

    /// The resolution of the clock.
    ///
    /// **Unit**: nanoseconds.
    private static let resolution: Int64 = {
        var time = timespec()
        guard unsafe clock_getres(CLOCK_REALTIME_COARSE, &time) == 0 else { return second / 100 }
        return Int64(time.tv_sec) * second + Int64(time.tv_nsec)
    }()

    /// FAT stores modification times in units of two seconds.
    ///
    /// **Source**: linux/magic.h, MSDOS_SUPER_MAGIC.
    private static let fat: Set<UInt32> = [0x4d44]

    /// File systems whose stamps come from another machine or program.
    ///
    /// **Source**: linux/magic.h, statfs(2) and the file systems' own headers.
    private static let remote: Set<UInt32> = [
        0x6969,  // NFS
        0x517b, 0xff53_4d42, 0xfe53_4d42,  // SMB, CIFS, SMB2
        0x6573_5546,  // FUSE, virtiofs
        0x0102_1997,  // 9p
        0x00c3_6400,  // Ceph
        0x5346_414f, 0x6b41_4653,  // AFS
        0x7375_7245,  // Coda
        0x0116_1970,  // GFS2
        0x7461_636f,  // OCFS2
        0x0bd0_0bd0,  // Lustre
        0x4750_4653,  // GPFS
        0x1983_0326,  // BeeGFS
        0xaad7_aaea,  // PanFS
        0x786f_4256,  // VirtualBox shared folders
    ]

    private static func time(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* second &+ Int64(time.tv_nsec)
    }

    /// Sleeps for the given time, or until a signal arrives.
    package static func sleep(nanoseconds: Int64) {
        var time = timespec(tv_sec: Int(nanoseconds / second), tv_nsec: Int(nanoseconds % second))
        unsafe nanosleep(&time, nil)
    }
}
