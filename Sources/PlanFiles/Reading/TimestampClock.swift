import CFiles
import Glibc
import PlanCore

/// The clock that file systems take their time stamps from, and how coarse the stamps are.
///
/// Between two ticks of that clock a write leaves the stamps as they are. A file whose stamps are younger than a tick
/// is therefore waited for before its identity is taken: every later write then shows in the stamps. Waiting ends by
/// the clock, so files that were written before a command began cost one tick together, not one each.
///
/// A single `write` is stamped once, when it begins: one that is under way when the file is opened may still be
/// copying bytes under a stamp that is old by then.
package struct TimestampClock: Sendable {
    /// How far two writes may be apart and yet bear the same stamp. **Unit**: nanoseconds.
    package struct Tick: Hashable, Sendable {
        /// From one stamp to the next.
        package var length: Int64
        /// How far the clock that stamps may be off this machine's: 0 for file systems of this machine.
        package var clockError: Int64 = 0

        /// A tick of `length` nanoseconds.
        package init(length: Int64, clockError: Int64 = 0) {
            self.length = length
            self.clockError = clockError
        }

        /// How long to wait at `now` until no write is given the stamp `stamp` any more; 0 for those that are old
        /// enough, and for stamps of the future, which no write is given now.
        package func remaining(for stamp: Int64, at now: Int64) -> Int64 {
            guard stamp <= now + clockError else { return 0 }
            return max(0, stamp + length + clockError - now)
        }
    }

    /// The time by the clock that the kernel stamps with. **Unit**: nanoseconds since 1970.
    var now: @Sendable () -> Int64
    /// Waits so many nanoseconds; may return early.
    var pause: @Sendable (Int64) -> Void
    /// Every stamp is cut to a multiple of this, as if the file system stored no more; nil leaves them alone.
    /// **Unit**: nanoseconds.
    var simulatedTick: Int64?

    /// The machine's clock.
    static let system = TimestampClock()

    /// The machine's clock, with file systems that store no more than every `simulatedTick` nanoseconds, for tests.
    package init(
        simulatedTick: Int64? = nil, now: @escaping @Sendable () -> Int64 = { Self.stampTime() },
        pause: @escaping @Sendable (Int64) -> Void = { Self.sleep(nanoseconds: $0) }
    ) {
        self.simulatedTick = simulatedTick
        self.now = now
        self.pause = pause
    }

    /// The identity that `status` describes.
    func identity(_ status: stat) -> FileIdentity {
        FileIdentity(status, stampsEvery: simulatedTick ?? 1)
    }

    /// What the open file is, once no later write can leave its stamps as they are.
    ///
    /// - Returns: nil for a file that is written to all the time.
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

    /// How often a file may be written to while it is waited for.
    private static let maximumRounds = 4

    private func remaining(for identity: FileIdentity, of descriptor: Descriptor) -> Int64 {
        let now = now()
        let (changed, modified) = (identity.statusChanged, identity.modified)
        func longest(_ tick: (Int64) -> Tick) -> Int64 {
            max(
                tick(changed).remaining(for: changed, at: now),
                tick(modified).remaining(for: modified, at: now))
        }
        // Only a young file's file system is asked for.
        guard longest({ _ in Self.coarsest(simulatedTick) }) > 0 else { return 0 }
        if let simulatedTick { return longest { _ in Tick(length: simulatedTick) } }
        let fileSystem = cosplan_file_system(descriptor.number)
        return longest { Self.tick(ofFileSystem: fileSystem, stamp: $0) }
    }

    /// The tick of a stamp on the file system with the magic number `magic` (statfs(2)).
    ///
    /// How much a file system stores is not told by its magic number (ext4 with 128-byte inodes has ext4's), but shows
    /// in the stamp itself: one in ten million fine stamps looks like a coarse one and is waited for in vain.
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

    /// No tick is longer.
    private static func coarsest(_ simulatedTick: Int64?) -> Tick {
        Tick(length: max(2 * second, simulatedTick ?? 0), clockError: second)
    }

    private static let second: Int64 = 1_000_000_000

    /// How often that clock moves on. **Unit**: nanoseconds.
    private static let resolution: Int64 = {
        var time = timespec()
        guard unsafe clock_getres(CLOCK_REALTIME_COARSE, &time) == 0 else { return second / 100 }
        return Int64(time.tv_sec) * second + Int64(time.tv_nsec)
    }()

    /// FAT stores modification times in units of two seconds. **Source**: linux/magic.h, MSDOS_SUPER_MAGIC.
    private static let fat: Set<UInt32> = [0x4d44]

    /// File systems whose stamps another machine or another program gives. **Source**: linux/magic.h, statfs(2) and
    /// the file systems' own headers.
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

    /// The time by the kernel's coarse clock, which file systems take their stamps from: it moves on some hundred times
    /// a second, later where the machine is busy.
    package static func stampTime() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
        return Int64(time.tv_sec) &* second &+ Int64(time.tv_nsec)
    }

    /// Waits so long, or until a signal comes.
    package static func sleep(nanoseconds: Int64) {
        var time = timespec(tv_sec: Int(nanoseconds / second), tv_nsec: Int(nanoseconds % second))
        unsafe nanosleep(&time, nil)
    }
}
