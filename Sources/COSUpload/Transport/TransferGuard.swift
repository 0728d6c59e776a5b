import CCurlHook

/// The guard between Foundation and libcurl. What it changes and why is in `cosplan_curl_guard.h`.
public enum TransferGuard {
    /// Why the guard cannot work in this process. Uploads still do, with the faults that it cures.
    public enum Obstacle: Hashable, Sendable {
        /// Not Linux with 64-bit pointers.
        case unsupportedPlatform
        /// libcurl is not loaded as a shared library, as in a fully static executable.
        case noSharedLibcurl
        /// libcurl is older than 7.62 or newer than 8.x.
        case unknownLibcurl
        /// Foundation does not call libcurl the way the guard knows.
        case unknownFoundation
        /// The system refuses to make Foundation's pointers to libcurl writable.
        case writeRefused
    }

    /// Installs the guard, once for the process; nil where it is active.
    public static func install() -> Obstacle? {
        switch cosplan_curl_guard_install() {
        case cosplan_curl_guard_active: nil
        case cosplan_curl_guard_unsupported_platform: .unsupportedPlatform
        case cosplan_curl_guard_no_libcurl: .noSharedLibcurl
        case cosplan_curl_guard_unknown_libcurl: .unknownLibcurl
        case cosplan_curl_guard_write_refused: .writeRefused
        // The states are C's numbers; the one left is this.
        default: .unknownFoundation
        }
    }

    /// Tunes the C library's allocator for uploads; for programs, before other threads begin.
    package static func settleAllocator() { cosplan_curl_guard_settle_allocator() }
}

extension TransferGuard.Obstacle: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unsupportedPlatform: "this is not Linux with 64-bit pointers"
        case .noSharedLibcurl: "libcurl is not loaded as a shared library"
        case .unknownLibcurl: "this version of libcurl is not one from 7.62 to 8.x"
        case .unknownFoundation: "this Foundation does not call libcurl in the known way"
        case .writeRefused: "the system does not let Foundation's pointers to libcurl be changed"
        }
    }
}

/// One request under guard. A class: the guard forgets the request when nobody holds this any more.
final class GuardedExchange: Sendable {
    private let number: UInt64

    /// - Parameters:
    ///   - replyLimit: the longest body that is read. **Unit**: bytes.
    ///   - authorities: a PEM file with the certificates that are trusted in place of the system's.
    /// - Returns: nil where the guard is not active.
    init?(replyLimit: Int, authorities: String?) {
        // The path is copied.
        number = unsafe cosplan_curl_guard_begin(UInt64(replyLimit), authorities)
        if number == 0 { return nil }
    }

    deinit { cosplan_curl_guard_end(number) }

    /// What the request's URL must end in, so that the guard knows it. libcurl does not send it.
    var fragment: String { "#\(COSPLAN_CURL_GUARD_FRAGMENT)\(number)" }

    /// How far the bytes are on their way.
    var progress: cosplan_curl_guard_progress { cosplan_curl_guard_progress_read(number) }

    /// How libcurl ended it; nil where it did not.
    var outcome: cosplan_curl_guard_outcome? {
        let outcome = cosplan_curl_guard_outcome_read(number)
        return outcome.is_over ? outcome : nil
    }
}
