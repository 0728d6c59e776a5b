import NIOCore
import Synchronization

/// The connections that are open, and since when each has been silent. Shared by the event loops, so a class.
final class ConnectionTable: Sendable {
    private let limit: Int
    private let state = Mutex<[ObjectIdentifier: Entry]>([:])

    private struct Entry {
        let close: @Sendable () -> Void
        /// When its client was last heard.
        var heard: NIODeadline
        /// Whether its client waits for an answer: then the silence is the emulator's.
        var isAnswering = false
    }

    /// Every place is taken by a connection whose client waits for its answer.
    struct Full: Error {}

    init(limit: Int) { self.limit = limit }

    /// Takes a connection in until ``remove(_:)``. Where all places are taken, the connection whose client
    /// has been silent for the longest is closed for it: clients that say nothing must not keep others out.
    func admit(_ connection: AnyObject, close: @escaping @Sendable () -> Void) throws(Full) {
        let silent = try state.withLock { state throws(Full) -> Entry? in
            var silent: Entry?
            if state.count >= limit {
                let waiting = state.filter { !$0.value.isAnswering }
                guard let longest = waiting.min(by: { $0.value.heard < $1.value.heard }) else { throw Full() }
                silent = state.removeValue(forKey: longest.key)
            }
            state[ObjectIdentifier(connection)] = Entry(close: close, heard: .now())
            return silent
        }
        silent?.close()
    }

    /// Says that the connection is closed.
    func remove(_ connection: AnyObject) {
        state.withLock { $0[ObjectIdentifier(connection)] = nil }
    }

    /// Says that the client was heard.
    func heard(_ connection: AnyObject) {
        state.withLock { $0[ObjectIdentifier(connection)]?.heard = .now() }
    }

    /// Says whether the client waits for an answer.
    func answers(_ connection: AnyObject, _ isAnswering: Bool) {
        state.withLock { state in
            state[ObjectIdentifier(connection)]?.isAnswering = isAnswering
            state[ObjectIdentifier(connection)]?.heard = .now()
        }
    }
}
