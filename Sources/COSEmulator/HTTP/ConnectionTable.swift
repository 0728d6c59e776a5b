import NIOCore
import Synchronization

/// The open connections, with the time each client was last heard.
///
/// A class, because event loops share it.
final class ConnectionTable: Sendable {
    private let limit: Int
    private let state = Mutex<[ObjectIdentifier: Entry]>([:])

    private struct Entry {
        let close: @Sendable () -> Void
        /// When its client last sent something.
        var heard: NIODeadline
        /// Whether its client waits for a reply; it is then not idle.
        var isAnswering = false
    }

    /// Every slot is taken by a connection whose client waits for a reply.
    struct Full: Error {}

    init(limit: Int) { self.limit = limit }

    /// Adds a connection until ``remove(_:)``.
    ///
    /// If all slots are taken, closes the connection that has been idle longest: idle clients must not keep
    /// others out.
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

    /// Removes a closed connection.
    func remove(_ connection: AnyObject) {
        state.withLock { $0[ObjectIdentifier(connection)] = nil }
    }

    /// Records that the client sent something.
    func heard(_ connection: AnyObject) {
        state.withLock { $0[ObjectIdentifier(connection)]?.heard = .now() }
    }

    /// Records whether the client waits for a reply.
    func answers(_ connection: AnyObject, _ isAnswering: Bool) {
        state.withLock { state in
            state[ObjectIdentifier(connection)]?.isAnswering = isAnswering
            state[ObjectIdentifier(connection)]?.heard = .now()
        }
    }
}
