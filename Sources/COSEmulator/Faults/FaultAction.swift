/// What a fault does to a request.
///
/// Each case starts with its name in a script; defaults of its fields are in parentheses.
public enum FaultAction: Hashable, Sendable {
    /// `status`: the request is not performed; the reply has this HTTP `status` (500) and, in the JSON API,
    /// this `code` (-181), in the XML API this `error` (by default the usual one for the status).
    case status(Int, code: Int64, error: String? = nil)
    /// `delay`: the request is performed; the reply is sent `ms` milliseconds later.
    case delay(milliseconds: Int64)
    /// `reset`: the connection is reset `when` (`during`); the request is not performed.
    case reset(Moment)
    /// `cut_reply`: the request is performed; the connection closes in the middle of the reply.
    case cutReply
    /// `drop_reply`: the request is performed; the connection closes without a reply.
    case dropReply
    /// `empty_reply`: the request is not performed; the reply has this `status` (200) and no body.
    case emptyReply(status: Int)
    /// `html`: the request is not performed; the reply has this `status` (403) and an HTML page.
    case html(status: Int)
    /// `redirect`: the request is not performed; the reply has this `status` (307) and redirects to
    /// `location` (by default the same path with the prefix `/redirected`).
    case redirect(status: Int, location: String?)
    /// `slice_size`: init replies with `slice_size` bytes instead of the requested size, and enforces it.
    case sliceSize(bytes: Int64)
    /// `serial`: init replies that slices must be sent one at a time, and enforces it.
    case serial
    /// `throttle`: for `ms` milliseconds every request of its operation and key gets this `status` (429) and
    /// `code` (-181) and is not performed.
    case throttle(milliseconds: Int64, status: Int, code: Int64)
    /// `expired`: the request is not performed; the reply has code -96.
    case expired
    /// `clock_skew`: the emulator's clock, in its signature check and in `Date`, is `s` seconds ahead (behind
    /// if negative).
    case clockSkew(seconds: Int64)
    /// `slow_read`: the body is read at `bytes_per_second`.
    case slowRead(bytesPerSecond: Int64)
    /// `dead_session`: the key's unfinished upload is deleted before the request is processed.
    case deadSession
    /// `late_error`: finish of the XML API is not performed; its reply has status 200, white space for `ms`
    /// (0) milliseconds and then this `error` (`InternalError`).
    case lateError(milliseconds: Int64, error: String)
    /// `no_checksum`: the request is performed; the reply of the XML API or S3 has no checksum.
    case noChecksum
    /// `wrong_checksum`: the request is performed; the checksum in the reply of the XML API or S3 is wrong.
    case wrongChecksum
    /// `page_size`: a listing of the XML API has at most `entries` entries per page.
    case pageSize(entries: Int)
    /// `versioned`: the bucket's versioning has this `state` (`Enabled`); the XML API then overwrites objects
    /// even if asked not to.
    case versioned(VersioningState)
    /// `ignores_if_none_match`: S3 overwrites an object in spite of `If-None-Match`.
    case ignoresIfNoneMatch
    /// `forbidden`: the request is not performed; the reply is 403, `AccessDenied` in the XML API and S3.
    case forbidden

    /// The versioning state of a bucket.
    public enum VersioningState: String, Hashable, Sendable, CaseIterable {
        /// Versioning is on.
        case enabled = "Enabled"
        /// Versioning was on and is suspended.
        case suspended = "Suspended"
    }

    /// When a connection is reset.
    public enum Moment: String, Hashable, Sendable, CaseIterable {
        /// As soon as the operation is known.
        case before
        /// When half of the body has been read.
        case during
        /// When the body has been read, before the request is performed.
        case after
    }

    /// Its name in a script.
    package var name: String {
        switch self {
        case .status: "status"
        case .delay: "delay"
        case .reset: "reset"
        case .cutReply: "cut_reply"
        case .dropReply: "drop_reply"
        case .emptyReply: "empty_reply"
        case .html: "html"
        case .redirect: "redirect"
        case .sliceSize: "slice_size"
        case .serial: "serial"
        case .throttle: "throttle"
        case .expired: "expired"
        case .clockSkew: "clock_skew"
        case .slowRead: "slow_read"
        case .deadSession: "dead_session"
        case .lateError: "late_error"
        case .noChecksum: "no_checksum"
        case .wrongChecksum: "wrong_checksum"
        case .pageSize: "page_size"
        case .versioned: "versioned"
        case .ignoresIfNoneMatch: "ignores_if_none_match"
        case .forbidden: "forbidden"
        }
    }

    /// All names allowed for `do` in a script.
    package static let names = [
        "status", "delay", "reset", "cut_reply", "drop_reply", "empty_reply", "html", "redirect",
        "slice_size", "serial", "throttle", "expired", "clock_skew", "slow_read", "dead_session",
        "late_error", "no_checksum", "wrong_checksum", "page_size", "versioned",
        "ignores_if_none_match", "forbidden",
    ]

    private static let statuses = 200...599
    private static let day: Int64 = 86_400_000

    /// Reads the action's fields and removes them from `fields`.
    init(_ fields: inout FaultFields) throws(FaultError) {
        let name = try fields.required("do", for: "every fault")
        switch name {
        case "status":
            self = .status(
                Int(try fields.number("status", Self.statuses) ?? 500),
                code: try fields.code("code") ?? -181, error: try fields.headerText("error"))
        case "delay":
            self = .delay(milliseconds: try fields.requiredNumber("ms", 1...Self.day, for: name))
        case "reset":
            self = .reset(try fields.choice("when", from: Moment.allCases) { $0.rawValue } ?? .during)
        case "cut_reply": self = .cutReply
        case "drop_reply": self = .dropReply
        case "empty_reply":
            self = .emptyReply(status: try fields.number("status", Self.statuses) ?? 200)
        case "html": self = .html(status: try fields.number("status", Self.statuses) ?? 403)
        case "redirect":
            self = .redirect(
                status: try fields.number("status", 300...399) ?? 307,
                location: try fields.headerText("location"))
        case "slice_size":
            self = .sliceSize(bytes: try fields.requiredSliceSize("slice_size", for: name))
        case "serial": self = .serial
        case "throttle":
            self = .throttle(
                milliseconds: try fields.requiredNumber("ms", 1...Self.day, for: name),
                status: try fields.number("status", Self.statuses) ?? 429,
                code: try fields.code("code") ?? -181)
        case "expired": self = .expired
        case "clock_skew":
            self = .clockSkew(
                seconds: try fields.requiredNumber("s", -4_000_000_000...4_000_000_000, for: name))
        case "slow_read":
            self = .slowRead(
                bytesPerSecond: try fields.requiredNumber("bytes_per_second", 1...1 << 40, for: name))
        case "dead_session": self = .deadSession
        case "late_error":
            self = .lateError(
                milliseconds: try fields.number("ms", 0...Self.day) ?? 0,
                error: try fields.headerText("error") ?? "InternalError")
        case "no_checksum": self = .noChecksum
        case "wrong_checksum": self = .wrongChecksum
        case "page_size":
            self = .pageSize(entries: Int(try fields.requiredNumber("entries", 1...1_000, for: name)))
        case "versioned":
            self = .versioned(
                try fields.choice("state", from: VersioningState.allCases) { $0.rawValue } ?? .enabled)
        case "ignores_if_none_match": self = .ignoresIfNoneMatch
        case "forbidden": self = .forbidden
        default: throw .unknownAction(found: name)
        }
    }
}
