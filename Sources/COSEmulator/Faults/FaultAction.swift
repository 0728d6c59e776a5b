/// What a fault does to a request.
///
/// The word of each case in a script, and its fields there, stand beside it.
public enum FaultAction: Hashable, Sendable {
    /// `status`: nothing is done; the answer has this HTTP `status` (500) and, in the JSON API, this `code`
    /// (-181), in the XML API this `error` (what is usual for the status).
    case status(Int, code: Int64, error: String? = nil)
    /// `delay`: the work is done; the reply comes `ms` milliseconds later.
    case delay(milliseconds: Int64)
    /// `reset`: the connection is reset `when` (`during`); nothing is done.
    case reset(Moment)
    /// `cut_reply`: the work is done; the connection closes in the middle of the reply.
    case cutReply
    /// `drop_reply`: the work is done; the connection closes instead of the reply.
    case dropReply
    /// `empty_reply`: nothing is done; the reply has this `status` (200) and no body.
    case emptyReply(status: Int)
    /// `html`: nothing is done; the reply has this `status` (403) and a page of HTML.
    case html(status: Int)
    /// `redirect`: nothing is done; the reply has this `status` (307) and points to `location` (the same
    /// path with `/redirected` before it).
    case redirect(status: Int, location: String?)
    /// `slice_size`: init answers `slice_size` bytes instead of the size asked for, and means it.
    case sliceSize(bytes: Int64)
    /// `serial`: init answers that slices must come one by one, and means it.
    case serial
    /// `throttle`: for `ms` milliseconds every request of its operation and key gets this `status` (429)
    /// and `code` (-181); nothing is done.
    case throttle(milliseconds: Int64, status: Int, code: Int64)
    /// `expired`: nothing is done; the answer is -96.
    case expired
    /// `clock_skew`: the emulator's clock, in its signature check and in `Date`, is `s` seconds ahead
    /// (behind when negative).
    case clockSkew(seconds: Int64)
    /// `slow_read`: the body is read at `bytes_per_second`.
    case slowRead(bytesPerSecond: Int64)
    /// `dead_session`: the key's unfinished upload is forgotten, with its bytes, before the request is looked
    /// at.
    case deadSession
    /// `late_error`: finish of the XML API does nothing; its reply has the status 200, white space for `ms`
    /// (0) milliseconds and then this `error` (`InternalError`).
    case lateError(milliseconds: Int64, error: String)
    /// `no_checksum`: the work is done; the XML API's reply has no CRC-64.
    case noChecksum
    /// `wrong_checksum`: the work is done; the CRC-64 in the XML API's reply is another.
    case wrongChecksum
    /// `page_size`: a listing of the XML API has at most so many `entries` a page.
    case pageSize(entries: Int)
    /// `versioned`: the bucket keeps versions, or did, by its `state` (`Enabled`); then the XML API replaces
    /// objects although it is asked not to.
    case versioned(VersioningState)
    /// `forbidden`: nothing is done; the answer is 403, `AccessDenied` in the XML API.
    case forbidden

    /// Whether a bucket keeps versions.
    public enum VersioningState: String, Hashable, Sendable, CaseIterable {
        /// It does.
        case enabled = "Enabled"
        /// It did.
        case suspended = "Suspended"
    }

    /// When a connection is reset.
    public enum Moment: String, Hashable, Sendable, CaseIterable {
        /// As soon as the operation is known.
        case before
        /// When half of the body has been read.
        case during
        /// When the body has been read, before anything is done.
        case after
    }

    /// Its word in a script.
    public var name: String {
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
        case .forbidden: "forbidden"
        }
    }

    /// Every word a script may have under `do`.
    public static let names = [
        "status", "delay", "reset", "cut_reply", "drop_reply", "empty_reply", "html", "redirect",
        "slice_size", "serial", "throttle", "expired", "clock_skew", "slow_read", "dead_session",
        "late_error", "no_checksum", "wrong_checksum", "page_size", "versioned", "forbidden",
    ]

    private static let statuses = 200...599
    private static let day: Int64 = 86_400_000

    /// Takes the action's fields out of `fields`.
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
        case "forbidden": self = .forbidden
        default: throw .unknownAction(found: name)
        }
    }
}
