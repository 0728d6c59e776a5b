import PlanCore
import Synchronization

/// How far an upload is, for a console to look at whenever it likes. A class, because everyone counts in it.
public final class UploadProgress: Sendable {
    /// What is being done for a file.
    public enum Phase: String, Hashable, Sendable {
        /// The whole file is checked before anything is sent.
        case checking
        /// Asking the service what it has.
        case beginning
        /// Slices go up.
        case sending
        /// The service puts the object together.
        case finishing
        /// An object in the way is compared with the plan.
        case comparing
    }

    /// A file on its way.
    public struct File: Hashable, Sendable {
        /// The local path.
        public let path: LocalPath
        /// **Unit**: bytes.
        public let fileSize: Int64
        /// Bytes that arrived, found ones too. **Unit**: bytes.
        public var bytesDone: Int64 = 0
        /// What is being done for it.
        public var phase = Phase.beginning
    }

    /// A request that waits.
    public struct Wait: Hashable, Sendable {
        /// What a request waits for.
        public enum Subject: Hashable, Sendable {
            /// A connection to the service.
            case connection
            /// Its body's way to the service.
            case sending
            /// The service's reply.
            case reply
        }

        /// Which request.
        public let request: UploadEvent.Request
        /// What it waits for.
        public let subject: Subject
        /// How long, without any progress. **Unit**: seconds.
        public let seconds: Int
    }

    /// Everything at one moment.
    public struct Snapshot: Hashable, Sendable {
        /// Bytes of files that are done, and of slices that arrived. **Unit**: bytes.
        public var bytesDone: Int64 = 0
        /// Of these, what this upload sent; the rest was there. **Unit**: bytes.
        public var bytesSent: Int64 = 0
        /// Files that are at their keys now.
        public var filesDone = 0
        /// Files that did not go up.
        public var filesFailed = 0
        /// Requests made again.
        public var retries = 0
        /// Why the last of them was; nil where there was none.
        public var lastReason: String?
        /// The request that has waited longest; nil where none is under way.
        public var longestWait: Wait?
        /// Files on their way, in the order they were begun.
        public var files: [File] = []
    }

    private struct State {
        var counts = Snapshot()
        var files: [(number: Int, file: File)] = []
        var next = 0
    }

    private let state = Mutex(State())
    let board = RequestBoard()

    /// Nothing done yet.
    public init() {}

    /// Everything at this moment.
    public var snapshot: Snapshot {
        state.withLock { state in
            var snapshot = state.counts
            snapshot.files = state.files.map(\.file)
            snapshot.longestWait = board.longestWait()
            snapshot.bytesDone = snapshot.files.reduce(snapshot.bytesDone) {
                $0.addingClamped($1.bytesDone)
            }
            return snapshot
        }
    }

    func begin(_ plan: PlannedFile) -> Int {
        state.withLock { state in
            state.next += 1
            state.files.append((state.next, File(path: plan.path, fileSize: plan.fileSize)))
            return state.next
        }
    }

    func update(_ number: Int, phase: Phase, bytesDone: Int64) {
        state.withLock { state in
            guard let index = state.files.firstIndex(where: { $0.number == number }) else { return }
            state.files[index].file.phase = phase
            state.files[index].file.bytesDone = bytesDone
        }
    }

    func sent(_ bytes: Int64) {
        state.withLock { $0.counts.bytesSent = $0.counts.bytesSent.addingClamped(bytes) }
    }

    /// Takes note of why a request is made again.
    func note(_ event: UploadEvent) {
        guard case .retry(_, _, let reason, _) = event else { return }
        state.withLock { $0.counts.lastReason = reason }
    }

    func retried() { state.withLock { $0.counts.retries += 1 } }

    func end(_ number: Int, isGood: Bool) {
        state.withLock { state in
            guard let index = state.files.firstIndex(where: { $0.number == number }) else { return }
            let file = state.files.remove(at: index).file
            if isGood {
                state.counts.filesDone += 1
                state.counts.bytesDone = state.counts.bytesDone.addingClamped(file.fileSize)
            } else {
                state.counts.filesFailed += 1
            }
        }
    }
}
