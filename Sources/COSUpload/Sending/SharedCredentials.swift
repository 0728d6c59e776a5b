import ServiceCore
import Synchronization

/// The current credentials, which can be reloaded when they expire.
///
/// A class, because all requests share it.
package final class SharedCredentials: Sendable {
    private struct State {
        var pair: Credentials
        /// How many times the credentials were replaced.
        var generation = 0
        /// The reload in progress.
        var reading: Task<Bool, Never>?
    }

    private let state: Mutex<State>
    private let read: (@Sendable () async -> Credentials?)?

    /// Creates it from credentials.
    ///
    /// `read` reloads them from their source; nil if it cannot.
    package init(_ pair: Credentials, again read: (@Sendable () async -> Credentials?)? = nil) {
        state = Mutex(State(pair: pair))
        self.read = read
    }

    /// The credentials to sign with.
    package var pair: Credentials { state.withLock { $0.pair } }

    /// Identifies the current credentials among those used so far.
    package var generation: Int { state.withLock { $0.generation } }

    /// Reloads the credentials, once for all requests that find them expired.
    ///
    /// - Parameter generation: the generation of the expired credentials.
    /// - Returns: whether there are new credentials.
    package func renew(after generation: Int) async -> Bool {
        let reading: Task<Bool, Never>? = state.withLock { state in
            guard state.generation == generation else { return nil }
            if let reading = state.reading { return reading }
            let reading = Task { [self] in await readAgain() }
            state.reading = reading
            return reading
        }
        return await reading?.value ?? true
    }

    private func readAgain() async -> Bool {
        let found = await read?()
        return state.withLock { state in
            state.reading = nil
            guard let found, !found.isSame(as: state.pair) else { return false }
            state.pair = found
            state.generation += 1
            return true
        }
    }
}
