import Dispatch
import PlanCore
import PlanDigest
import Synchronization
import XMLProtocol

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
        /// What is computed of the content.
        var digests: Set<ContentDigests.Kind> = []

        /// **Unit**: bytes.
        var bodyLength: Int { opening.count + Int(range.length) + closing.count }
    }

    /// How many slices at most that are checked side by side. More streams at a time are hardly faster.
    /// **Source**: Zen 4, SHA extension, one thread: one stream 1.9 GB/s, two 3.3, four 4.3.
    static let maximumAtOnce = 4

    private typealias Item = (order: Order, body: PreparedBody)

    private struct State {
        var waiting: [Item] = []
        /// The sources that a thread is reading. No other thread reads in them meanwhile: a part that reaches over
        /// the edge of slices would be read and checked for each of them.
        var busy: Set<ObjectIdentifier> = []
        var threads = 0

        /// Whether one more thread would help: the second is there lest a slow file stop the others, more where
        /// a whole round of slices waits.
        func wantsThread(maximum: Int) -> Bool {
            if threads >= maximum { return false }
            let ready = waiting.count { !busy.contains(ObjectIdentifier($0.order.source)) }
            return ready >= (threads < 2 ? 1 : SliceReader.maximumAtOnce)
        }

        /// Takes what is checked side by side next, oldest first; nothing where all sources are being read.
        mutating func take() -> [Item] {
            var taken: [Item] = []
            waiting.removeAll { item in
                let isTaken =
                    taken.count < SliceReader.maximumAtOnce
                    && !busy.contains(ObjectIdentifier(item.order.source))
                if isTaken { taken.append(item) }
                return isTaken
            }
            for item in taken { busy.insert(ObjectIdentifier(item.order.source)) }
            return taken
        }
    }

    private let check: PartCheck
    private let maximumThreads: Int
    private let queue = DispatchQueue(label: "cosplan.upload.read", attributes: .concurrent)
    private let state = Mutex(State())

    /// A reader on at most `threads` threads.
    init(check: PartCheck, threads: Int) {
        self.check = check
        maximumThreads = threads
    }

    /// Begins to make the body of `order`, after those of the same source that were asked for before.
    func begin(_ order: Order) -> PreparedBody {
        let body = PreparedBody()
        let needsThread = state.withLock { state in
            state.waiting.append((order, body))
            guard state.wantsThread(maximum: maximumThreads) else { return false }
            state.threads += 1
            return true
        }
        if needsThread { queue.async { self.work() } }
        return body
    }

    private func work() {
        // Not the slices themselves: their memory is wanted again.
        var done: [ObjectIdentifier] = []
        while true {
            let items = state.withLock { state in
                state.busy.subtract(done)
                let items = state.take()
                if items.isEmpty { state.threads -= 1 }
                return items
            }
            if items.isEmpty { return }
            make(items)
            done = items.map { ObjectIdentifier($0.order.source) }
        }
    }

    private func make(_ items: [Item]) {
        var read: [(content: CheckedSliceSource.Content, body: PreparedBody)] = []
        for (order, body) in items {
            do throws(UploadFailure) {
                read.append((try order.source.content(order, check: check), body))
            } catch {
                body.finish(.failure(error))
            }
        }
        var results = check.matches(read.flatMap { $0.content.unchecked })[...]
        for (content, body) in read {
            let agree = results.prefix(content.unchecked.count)
            results = results.dropFirst(content.unchecked.count)
            body.finish(content.checked(agree))
        }
    }
}
