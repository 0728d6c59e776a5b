import PlanCore
import Synchronization

/// The progress of an upload, to be polled by a console.
///
/// A class, because all uploads update it.
public final class UploadProgress: Sendable {
    /// The current phase of a file's upload.
    package enum Phase: String, Hashable, Sendable {
        /// Checking the whole file before anything is sent.
        case checking
        /// Querying the service.
        case beginning
        /// Sending slices.
        case sending
        /// Waiting for the service to assemble the object.
        case finishing
        /// Comparing an existing object with the plan.
        case comparing
    }

    /// A file in progress.
    package struct File: Hashable, Sendable {
        /// The local path.
        package let path: LocalPath
        /// The size of the file.
        ///
        /// **Unit**: bytes.
        package let fileSize: Int64
        /// Bytes that the service has, including those found there.
        ///
        /// **Unit**: bytes.
        package var bytesDone: Int64 = 0
        /// The current phase.
        package var phase = Phase.beginning
    }

    /// A waiting request.
    package struct Wait: Hashable, Sendable {
        /// What a request waits for.
        package enum Subject: Hashable, Sendable {
            /// A connection to the service.
            case connection
            /// The body being sent.
            case sending
            /// The service's reply.
            case reply
        }

        /// The request.
        package let request: UploadEvent.Request
        /// What it waits for.
        package let subject: Subject
        /// How long it has made no progress.
        ///
        /// **Unit**: seconds.
        package let seconds: Int
    }

    /// The progress at one moment.
    public struct Snapshot: Hashable, Sendable {
        /// Bytes of finished files and of slices that arrived.
        ///
        /// **Unit**: bytes.
        public var bytesDone: Int64 = 0
        /// The bytes among them that this upload sent.
        ///
        /// **Unit**: bytes.
        public var bytesSent: Int64 = 0
        /// Files that are at their keys.
        public var filesDone = 0
        /// Files that failed.
        public var filesFailed = 0
        /// The number of retries.
        public var retries = 0
        /// The reason of the last retry; nil if there was none.
        package var lastReason: String?
        /// The request that has waited longest; nil if none is in flight.
        package var longestWait: Wait?
        /// Files in progress, in the order they were started.
        package var files: [File] = []
    }

    private struct State {
        var counts = Snapshot()
        var files: [(number: Int, file: File)] = []
        var next = 0
    }

    private let state = Mutex(State())
    let board = RequestBoard()

    /// Creates empty progress.
    package init() {}

    /// The progress at this moment.
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

    func begin(_ path: LocalPath, fileSize: Int64) -> Int {
        state.withLock { state in
            state.next += 1
            state.files.append((state.next, File(path: path, fileSize: fileSize)))
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

    /// Records the reason of a retry.
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
