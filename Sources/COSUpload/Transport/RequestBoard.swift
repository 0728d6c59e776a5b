import COSProtocol
import Synchronization

/// The requests in flight and what each waits for.
///
/// A class, because transport and progress share it.
package final class RequestBoard: Sendable {
    private struct Entry {
        let request: UploadEvent.Request
        var clock: TransferClock
    }

    private let entries = Mutex<[Int: Entry]>([:])

    package init() {}

    func put(_ request: UploadEvent.Request, clock: TransferClock, at number: Int) {
        entries.withLock { $0[number] = Entry(request: request, clock: clock) }
    }

    func update(_ number: Int, clock: TransferClock) {
        entries.withLock { $0[number]?.clock = clock }
    }

    func remove(_ number: Int) {
        entries.withLock { $0[number] = nil }
    }

    /// The request that has waited longest without progress; nil if none is in flight.
    func longestWait(at now: ContinuousClock.Instant = .now) -> UploadProgress.Wait? {
        let entries = entries.withLock { Array($0.values) }
        let longest = entries.max { $0.clock.waited(at: now) < $1.clock.waited(at: now) }
        guard let longest else { return nil }
        let subject: UploadProgress.Wait.Subject =
            switch longest.clock.phase {
            case .connecting: .connection
            case .sending: .sending
            case .awaitingReply: .reply
            }
        return UploadProgress.Wait(
            request: longest.request, subject: subject,
            seconds: Int(longest.clock.waited(at: now).components.seconds))
    }
}
