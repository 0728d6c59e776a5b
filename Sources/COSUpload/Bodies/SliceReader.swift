import Dispatch
import PlanCore
import PlanDigest
import Synchronization
import XMLProtocol

/// Reads and checks slices in the order they are requested.
///
/// Waiting slices are checked together, in the lanes of one kernel.
///
/// Uses threads of its own, so that the cooperative pool never waits for storage. A class, because it is
/// shared.
final class SliceReader: Sendable {
    /// A requested slice.
    struct Order: Sendable {
        let source: CheckedSliceSource
        /// The bytes of the form before the content.
        let opening: [UInt8]
        /// The range of the content in the file.
        let range: ByteRange
        /// The bytes of the form after the content.
        let closing: [UInt8]
        /// The digests to compute of the content.
        var digests: Set<ContentDigests.Kind> = []

        /// **Unit**: bytes.
        var bodyLength: Int { opening.count + Int(range.length) + closing.count }
    }

    /// The maximum number of slices checked together; more gain little.
    ///
    /// **Source**: `benchmarks/results/measured-choices.md`, SHA streams.
    static let maximumAtOnce = 4

    private typealias Item = (order: Order, body: PreparedBody)

    private struct State {
        var waiting: [Item] = []
        /// The sources that a thread is reading.
        ///
        /// Other threads skip them: otherwise a part that crosses the edge of a slice would be read and
        /// checked twice.
        var busy: Set<ObjectIdentifier> = []
        var threads = 0

        /// Whether another thread would help.
        ///
        /// The second keeps a slow file from blocking the others; further ones start when a full batch of
        /// slices waits.
        func wantsThread(maximum: Int) -> Bool {
            if threads >= maximum { return false }
            let ready = waiting.count { !busy.contains(ObjectIdentifier($0.order.source)) }
            return ready >= (threads < 2 ? 1 : SliceReader.maximumAtOnce)
        }

        /// Takes the next batch, oldest first; empty if all sources are being read.
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

    /// Creates a reader with at most `threads` threads.
    init(check: PartCheck, threads: Int) {
        self.check = check
        maximumThreads = threads
    }

    /// Starts producing the body of `order`, after the earlier orders of the same source.
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
        // Keeps the ids only, so that the memory of finished slices is free for reuse.
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
