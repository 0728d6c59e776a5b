import PlanCore
import Synchronization

/// Counts files that need no upload, for the display.
///
/// A class, because the upload and the display share it.
final class SkippedBytes: Sendable {
    private let state = Mutex((files: 0, bytes: Int64(0)))

    func add(_ bytes: Int64) {
        state.withLock { state in
            state.files += 1
            state.bytes = state.bytes.addingClamped(bytes)
        }
    }

    var files: Int { state.withLock { $0.files } }
    var bytes: Int64 { state.withLock { $0.bytes } }
}
