import Glibc
import Synchronization

/// The time signatures are made with: the machine's, corrected by the service's where it said so. A class,
/// because a correction counts for every request.
package final class WallClock: Sendable {
    private let machine: @Sendable () -> Int64
    private let correction = Atomic<Int64>(0)

    /// A clock over `machine`, which gives Unix seconds.
    package init(machine: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }) {
        self.machine = machine
    }

    /// The corrected time. **Unit**: Unix seconds.
    package var now: Int64 { machine() + correction.load(ordering: .relaxed) }

    /// How far the service's clock is ahead of the machine's. **Unit**: seconds.
    package var secondsAhead: Int64 { correction.load(ordering: .relaxed) }

    /// The farthest that the service's clock is believed to be from the machine's: a signature made with a time
    /// far ahead would be good until then. **Unit**: seconds.
    package static let maximumCorrection: Int64 = 86_400

    /// Goes by the service's clock from here on.
    ///
    /// Gives back by how much the correction changed. **Unit**: seconds.
    /// - Throws: ``TransportError/clockTooFar(service:machine:)`` beyond ``maximumCorrection``.
    package func correct(serverTime: Int64) throws(TransportError) -> Int64 {
        let time = machine()
        let (wanted, overflow) = serverTime.subtractingReportingOverflow(time)
        guard !overflow, (-Self.maximumCorrection...Self.maximumCorrection).contains(wanted) else {
            throw .clockTooFar(service: serverTime, machine: time)
        }
        return wanted - correction.exchange(wanted, ordering: .relaxed)
    }
}
