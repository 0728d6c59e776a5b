import CCurlHook
import ServiceCore

/// The guard between Foundation and libcurl.
///
/// `cosplan_curl_guard.h` says what it changes and why.
public enum TransferGuard {
    /// Why the guard cannot be active in this process.
    ///
    /// Uploads still work, with the defects that the guard fixes.
    public enum Obstacle: Hashable, Sendable {
        /// Not Linux with 64-bit pointers.
        case unsupportedPlatform
        /// libcurl is not loaded as a shared library, as in a fully static executable.
        case noSharedLibcurl
        /// libcurl is older than 7.62 or newer than 8.x.
        case unknownLibcurl
        /// Foundation does not call libcurl in the way the guard expects.
        case unknownFoundation
        /// The system refuses to make Foundation's pointers to libcurl functions writable.
        case writeRefused
    }

    /// Installs the guard, once per process; returns nil if it is active.
    package static func install() -> Obstacle? {
        switch cosplan_curl_guard_install() {
        case cosplan_curl_guard_active: nil
        case cosplan_curl_guard_unsupported_platform: .unsupportedPlatform
        case cosplan_curl_guard_no_libcurl: .noSharedLibcurl
        case cosplan_curl_guard_unknown_libcurl: .unknownLibcurl
        case cosplan_curl_guard_write_refused: .writeRefused
        // An imported C enum needs a default; the only state left is this one.
        default: .unknownFoundation
        }
    }

    /// Why libcurl cannot be loaded, in an executable that loads it with its first request; nil if it can.
    ///
    /// Without it no ``URLSessionTransport`` may be created.
    package static var missingLibcurl: String? {
        unsafe cosplan_curl_guard_missing_libcurl().map { unsafe String(cString: $0) }
    }

    /// Tunes malloc for uploads.
    ///
    /// For programs; call it before other threads start.
    package static func settleAllocator() { cosplan_curl_guard_settle_allocator() }
}

extension TransferGuard.Obstacle: CustomStringConvertible {
    /// One line: why the guard is not active.
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

/// One guarded request.
///
/// A class, because the guard forgets the request with the last reference.
final class GuardedExchange: Sendable {
    private let number: UInt64
    /// Kept because the guard reads it.
    private let body: RequestBody?

    /// Registers a request at the guard; nil if the guard is not active.
    ///
    /// Foundation must be given an empty body in place of `body`. `replyLimit` is the maximum length of the
    /// reply body in bytes, `authorities` a PEM file of trusted certificates that replaces the system's.
    init?(body: RequestBody?, replyLimit: Int, authorities: String?) {
        self.body = body
        // The guard copies the path. The body's bytes stay in place as long as the object.
        let begin = { (bytes: UnsafeRawBufferPointer) in
            unsafe cosplan_curl_guard_begin(
                bytes.baseAddress, UInt64(bytes.count), UInt64(replyLimit), authorities)
        }
        number = unsafe body?.withBytes(begin) ?? begin(UnsafeRawBufferPointer(start: nil, count: 0))
        if number == 0 { return nil }
    }

    /// The guard reads neither request nor reply after this.
    deinit { cosplan_curl_guard_end(number) }

    /// The fragment to append to the request's URL, by which the guard identifies it.
    ///
    /// libcurl does not send it.
    var fragment: String { "#\(COSPLAN_CURL_GUARD_FRAGMENT)\(number)" }

    /// The progress of the transfer.
    var progress: cosplan_curl_guard_progress { cosplan_curl_guard_progress_read(number) }

    /// The reply; nil if there is none or if it is malformed, or before libcurl's result.
    var reply: HTTPResponse? {
        let reply = unsafe cosplan_curl_guard_reply_read(number)
        let head = unsafe UnsafeRawBufferPointer(start: reply.head, count: Int(reply.head_count))
        guard let headers = unsafe ReplyHeaders(Array(head)) else { return nil }
        let body = unsafe UnsafeRawBufferPointer(start: reply.body, count: Int(reply.body_count))
        return unsafe HTTPResponse(status: Int(reply.status), headers: headers.values, body: Array(body))
    }

    /// libcurl's result; nil while the transfer is in progress.
    var outcome: cosplan_curl_guard_outcome? {
        let outcome = cosplan_curl_guard_outcome_read(number)
        return outcome.is_over ? outcome : nil
    }
}
