import Glibc
import Synchronization

/// The clock for signatures: the machine's, corrected by the service's if it refused a signature as expired.
///
/// A class, because a correction applies to all requests.
package final class WallClock: Sendable {
    private let machine: @Sendable () -> Int64
    private let correction = Atomic<Int64>(0)

    /// Creates a clock on top of `machine`, which returns Unix seconds.
    package init(machine: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }) {
        self.machine = machine
    }

    /// The corrected time.
    ///
    /// **Unit**: Unix seconds.
    package var now: Int64 { machine() + correction.load(ordering: .relaxed) }

    /// How far the service's clock is ahead of the machine's.
    ///
    /// **Unit**: seconds.
    package var secondsAhead: Int64 { correction.load(ordering: .relaxed) }

    /// The maximum correction: a signature made with a time far ahead would be valid until then.
    ///
    /// **Unit**: seconds.
    package static let maximumCorrection: Int64 = 86_400

    /// Adopts the service's clock from now on.
    ///
    /// - Returns: by how much the correction changed. **Unit**: seconds.
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
