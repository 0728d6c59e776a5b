import ServiceCore
import Synchronization

/// Who asks: a pair that may be read again when it has expired. A class: all requests share it.
package final class SharedCredentials: Sendable {
    private struct State {
        var pair: Credentials
        /// How often the pair was replaced.
        var generation = 0
        /// The reading that is under way.
        var reading: Task<Bool, Never>?
    }

    private let state: Mutex<State>
    private let read: (@Sendable () async -> Credentials?)?

    /// A pair; `read` gives it as its source has it now, nil where it cannot be had.
    package init(_ pair: Credentials, again read: (@Sendable () async -> Credentials?)? = nil) {
        state = Mutex(State(pair: pair))
        self.read = read
    }

    /// The pair to sign with.
    package var pair: Credentials { state.withLock { $0.pair } }

    /// Tells the pairs apart that were here, one after the other.
    package var generation: Int { state.withLock { $0.generation } }

    /// Reads the pair again, once for all requests that find it expired.
    ///
    /// - Parameter generation: of the pair that has expired.
    /// - Returns: whether there is another one now.
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
