import Foundation
import Glibc
import PlanCore
import PlanFiles
import Synchronization
import Testing

@Suite("Files too young for their time stamps")
struct TimestampClockTests {
    private static let second: Int64 = 1_000_000_000

    @Test("a stamp is waited for until no write is given it any more")
    func remaining() {
        let tick = TimestampClock.Tick(length: 1000)
        for (now, wait) in [(4999, 0), (5000, 1000), (5001, 999), (5999, 1), (6000, 0), (9000, 0)]
            as [(Int64, Int64)]
        {
            #expect(tick.remaining(for: 5000, at: .init(earliest: now, latest: now)) == wait)
        }
        // A clock that may be off by 100 in either direction.
        let other = TimestampClock.Tick(length: 1000, clockError: 100)
        for (now, wait) in [
            (4899, 0), (4900, 1200), (5000, 1100), (6000, 100), (6099, 1), (6100, 0),
        ] as [(Int64, Int64)] {
            #expect(other.remaining(for: 5000, at: .init(earliest: now, latest: now)) == wait)
        }
    }

    @Test("a stamp by the precise clock is not in the future because the coarse one is behind")
    func precise() {
        let tick = TimestampClock.Tick(length: 1000)
        for (earliest, latest, wait) in [
            (4000, 4999, 0), (4000, 5000, 2000), (4900, 7000, 1100), (5999, 7000, 1), (6000, 7000, 0),
        ] as [(Int64, Int64, Int64)] {
            #expect(tick.remaining(for: 5000, at: .init(earliest: earliest, latest: latest)) == wait)
        }
    }

    @Test("a write is stamped with no time before the coarse clock's, and none after the precise one's")
    func clocks() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<100 {
            let before = TimestampClock.Moment.now()
            let stamp = changeTime(try folder.write("f", "x"))
            let after = TimestampClock.Moment.now()
            #expect(before.earliest <= before.latest)
            #expect(before.earliest <= stamp && stamp <= after.latest)
        }
    }

    @Test("a tick is as long as what the file system stores, and as its clock is uncertain")
    func ticks() {
        func tick(_ magic: UInt32, _ stamp: Int64) -> TimestampClock.Tick {
            TimestampClock.tick(ofFileSystem: magic, stamp: stamp)
        }
        let whole: Int64 = 1_700_000_000_000_000_000
        #expect(tick(0xef53, whole + 123_456_789) == .init(length: 1))  // ext4
        #expect(tick(0xef53, whole) == .init(length: Self.second))  // ext4, small inodes
        #expect(tick(0xef53, whole + 120_000_000) == .init(length: Self.second / 100))  // exFAT
        #expect(tick(0x4d44, whole) == .init(length: 2 * Self.second))  // FAT
        #expect(tick(0x6969, whole) == .init(length: Self.second, clockError: Self.second))  // NFS
        #expect(tick(0x6573_5546, whole + 1) == .init(length: 1, clockError: Self.second))  // FUSE
    }

    /// A clock that advances only by the pauses.
    private final class ManualClock: Sendable {
        private let state: Mutex<(now: Int64, pauses: [Int64])>
        init(_ now: Int64) { state = Mutex((now, [])) }
        var now: Int64 { state.withLock { $0.now } }
        /// The coarse clock `lag` behind.
        func moment(lag: Int64) -> TimestampClock.Moment {
            let now = now
            return .init(earliest: now - lag, latest: now)
        }
        var pauses: [Int64] { state.withLock { $0.pauses } }
        func pause(_ length: Int64) {
            state.withLock {
                $0.now += length
                $0.pauses.append(length)
            }
        }
    }

    private func changeTime(_ path: String) -> Int64 {
        var status = stat()
        lstat(path, &status)
        return Int64(status.st_ctim.tv_sec) * Self.second + Int64(status.st_ctim.tv_nsec)
    }

    private func root(
        _ folder: TemporaryFolder, tick: Int64, lag: Int64 = 0, _ clock: ManualClock,
        pause: @escaping @Sendable (Int64) -> Void = { _ in }
    ) throws -> Root {
        try Root(
            path: ByteString(folder.path), confinement: nil,
            clock: TimestampClock(
                simulatedTick: tick, now: { clock.moment(lag: lag) },
                pause: {
                    clock.pause($0)
                    pause($0)
                }))
    }

    @Test("thousands of fresh files are waited for once, not one by one")
    func once() throws {
        let folder = try TemporaryFolder()
        let names = (0..<2000).map { "f\($0)" }
        for name in names { try folder.write(name, [1]) }
        // All of them within one tick, however long their creation took.
        let tick = 3600 * Self.second
        let clock = ManualClock(changeTime(folder("f1999")))
        let root = try root(folder, tick: tick, clock)
        for name in names {
            #expect(try root.open(LocalPath(ByteString(name))).bytes(.init(offset: 0, length: 1)) == [1])
        }
        #expect((1...2).contains(clock.pauses.count))
        #expect(clock.pauses.reduce(0, +) <= 2 * tick)
    }

    @Test("an old file is not waited for")
    func old() throws {
        let folder = try TemporaryFolder()
        let made = changeTime(try folder.write("f", "x"))
        let clock = ManualClock(made + 10 * Self.second)
        _ = try root(folder, tick: 2 * Self.second, clock).open(LocalPath("f"))
        #expect(clock.pauses == [])
    }

    @Test("a file is waited for where the coarse clock is far behind its stamps")
    func lagging() throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(changeTime(try folder.write("f", "x")))
        let (tick, lag) = (Self.second / 20, Self.second / 4)
        _ = try root(folder, tick: tick, lag: lag, clock).open(LocalPath("f"))
        // Until the coarse clock is past the tick of the stamp.
        #expect((lag...lag + 2 * tick).contains(clock.pauses.reduce(0, +)))
    }

    @Test("what is written while a file is waited for is what is read")
    func writtenMeanwhile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("f", "before")
        let clock = ManualClock(changeTime(path))
        let root = try root(folder, tick: Self.second, clock) { _ in
            if let handle = FileHandle(forUpdatingAtPath: path) {
                handle.write(Data("after!".utf8))
                try? handle.close()
            }
        }
        let file = try root.open(LocalPath("f"))
        #expect(try file.bytes(ByteRange(offset: 0, length: 6)) == Array("after!".utf8))
        #expect(clock.pauses.count >= 1)
    }

    @Test("a file that is written to all the time is refused, not waited for without end")
    func restless() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("f", "x")
        let clock = ManualClock(changeTime(path))
        let root = try root(folder, tick: Self.second, clock) { _ in
            clock.pause(0)
            setModified(path, seconds: Int(clock.now / Self.second))
        }
        #expect(throws: FileError.modified(path: "f")) { try root.open(LocalPath("f")) }
    }

    /// Reads a file in two halves and overwrites it in between, right after its creation.
    private func mixes(_ folder: String, _ root: Root) throws -> Bool {
        let path = folder + "/victim"
        let (old, new) = ([UInt8](repeating: 1, count: 8192), [UInt8](repeating: 2, count: 8192))
        func write(_ bytes: [UInt8]) throws {
            let number = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            try #require(number >= 0)
            #expect(pwrite(number, bytes, bytes.count, 0) == bytes.count)
            close(number)
        }
        try write(old)
        let file = try root.open(LocalPath("victim"))
        let first = try file.bytes(ByteRange(offset: 0, length: 4096))
        try write(new)
        let second = try file.bytes(ByteRange(offset: 4096, length: 4096))
        do throws(FileError) { try file.checkUnchanged() } catch { return false }
        return first + second != old && first + second != new
    }

    @Test("overwritten in place within a tick of being made, a file never passes with bytes of both")
    func simulated() throws {
        let folder = try TemporaryFolder()
        let root = try Root(
            path: ByteString(folder.path), confinement: nil,
            clock: TimestampClock(simulatedTick: Self.second / 20))
        for _ in 0..<8 { #expect(try !mixes(folder.path, root)) }
    }

    @Test(
        "the same on ext4 that stores whole seconds",
        .enabled(if: WholeSecondDisk.isAvailable, "needs root, mkfs.ext4 and loop devices"))
    func wholeSeconds() throws {
        let disk = try WholeSecondDisk()
        let root = try Root(path: ByteString(disk.path))
        for _ in 0..<3 { #expect(try !mixes(disk.path, root)) }
        #expect(try root.open(LocalPath("victim")).identity.modified % Self.second == 0)
    }
}

/// ext4 with 128-byte inodes, which have no room for fractions of a second, mounted from a file.
private final class WholeSecondDisk {
    static let isAvailable: Bool = {
        guard geteuid() == 0 else { return false }
        return (try? WholeSecondDisk()) != nil
    }()

    private let folder: TemporaryFolder
    var path: String { folder("disk") }

    init() throws {
        folder = try TemporaryFolder()
        try folder.makeFolder("disk")
        let image = folder("image")
        let script = """
            truncate -s 4M '\(image)' && mkfs.ext4 -q -F -I 128 -O ^has_journal '\(image)' \
                && mount -o loop '\(image)' '\(path)'
            """
        guard try Self.run(script) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    deinit { _ = try? Self.run("umount '\(path)'") }

    private static func run(_ script: String) throws -> Int32 {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "PATH=$PATH:/sbin:/usr/sbin; " + script]
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        shell.waitUntilExit()
        return shell.terminationStatus
    }
}
