import Dispatch
import PlanCore
import PlanDigest
import Synchronization

/// Reads and checks the slices that are to be sent, in the order they are asked for; those that wait together are
/// checked side by side.
///
/// Has threads of its own, so that the cooperative pool never waits for storage. A class, because it is shared.
final class SliceReader: Sendable {
    /// A slice that is wanted.
    struct Order: Sendable {
        let source: CheckedSliceSource
        /// The form before the content.
        let opening: [UInt8]
        /// The content's bytes in the file.
        let range: ByteRange
        /// The form after the content.
        let closing: [UInt8]

        /// **Unit**: bytes.
        var bodyLength: Int { opening.count + Int(range.length) + closing.count }
    }

    /// The most slices that are checked side by side. More streams at a time are hardly faster.
    /// **Source**: Zen 4, SHA extension, one thread: one stream 1.9 GB/s, two 3.3, four 4.3.
    static let mostAtOnce = 4

    private struct State {
        var waiting: [(order: Order, body: PreparedBody)] = []
        var threads = 0
    }

    private let check: PartCheck
    private let mostThreads: Int
    private let queue = DispatchQueue(label: "cosplan.upload.read", attributes: .concurrent)
    private let state = Mutex(State())

    /// A reader on at most `threads` threads.
    init(check: PartCheck, threads: Int) {
        self.check = check
        mostThreads = threads
    }

    /// Begins to make the body of `order`, after those that were asked for before.
    func begin(_ order: Order) -> PreparedBody {
        let body = PreparedBody()
        let needsThread = state.withLock { state in
            state.waiting.append((order, body))
            guard state.threads < mostThreads else { return false }
            state.threads += 1
            return true
        }
        if needsThread { queue.async { self.work() } }
        return body
    }

    private func work() {
        while let orders = next() { make(orders) }
    }

    private func next() -> [(order: Order, body: PreparedBody)]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.threads -= 1
                return nil
            }
            defer { state.waiting.removeFirst(min(Self.mostAtOnce, state.waiting.count)) }
            return Array(state.waiting.prefix(Self.mostAtOnce))
        }
    }

    private func make(_ orders: [(order: Order, body: PreparedBody)]) {
        var read: [(content: CheckedSliceSource.Content, body: PreparedBody)] = []
        for (order, body) in orders {
            do throws(UploadFailure) {
                read.append((try order.source.content(order, check: check), body))
            } catch {
                body.finish(.failure(error))
            }
        }
        let items = read.flatMap { $0.content.unchecked }
        var results = check.matches(items)[...]
        for (content, body) in read {
            let agree = results.prefix(content.unchecked.count)
            results = results.dropFirst(content.unchecked.count)
            body.finish(content.checked(agree))
        }
    }
}
