import NIOCore

/// Limits the rate at which a connection is read.
struct SlowReader {
    private let bytesPerSecond: Int64
    private let begun = NIODeadline.now()
    private var bytes: Int64 = 0
    /// When the bytes read so far would have arrived at that rate.
    private(set) var due = NIODeadline.now()

    init(bytesPerSecond: Int64) { self.bytesPerSecond = bytesPerSecond }

    /// Counts `count` bytes and stops reading until the rate allows more.
    mutating func pause(_ channel: any Channel, after count: Int) {
        bytes += Int64(count)
        let seconds = Double(bytes) / Double(bytesPerSecond)
        due = begun + .nanoseconds(Int64(min(seconds, 1e9) * 1e9))
        guard due > .now() else { return }
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        channel.eventLoop.scheduleTask(deadline: due) {
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        }
    }
}
