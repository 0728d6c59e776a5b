import PlanCore
import ServiceCore

/// Why an upload failed.
public enum UploadRefusal: ExplainedError, Hashable, Sendable {
    /// The service refused.
    case service(ServiceError)
    /// Another object is at the key, or one whose content is unknown.
    case otherObject(planned: Content, found: Content)
    /// An unfinished upload of other content is at the key; nothing was sent.
    case otherUnfinishedUpload(planned: Content, found: Content)
    /// An unfinished upload lists a range that is not a slice of its own slice size; nothing was sent.
    case foreignSlice(ByteRange, sliceSize: Int64)
    /// The service reports differing digests after the upload resumed an unfinished one with `found` slices.
    ///
    /// These slices may have other content, because a listing has no digests.
    case foundSlicesDisagree(ServiceError, found: Int)
    /// An object seems to be at the key (`first`), but stat did not return its content.
    case notCompared(first: ServiceError?, stat: ServiceError)
    /// A reply that reports success but lacks required information.
    case reply(ReplyProblem)

    /// The content at a key, actual or planned.
    ///
    /// Fields are nil if the service did not return them.
    public struct Content: Hashable, Sendable, CustomStringConvertible {
        /// The size.
        ///
        /// **Unit**: bytes.
        package let length: Int64?
        /// The SHA-1 in lower case; not necessarily hex if it comes from the service.
        package let sha: String?

        /// Creates a content description.
        package init(length: Int64?, sha: String?) {
            self.length = length
            self.sha = sha
        }

        /// Size and sha, for use in a message.
        public var description: String {
            let size = length.map { "\($0) bytes" } ?? "unknown size"
            return "\(size), sha \(sha.map { $0.escapedForDisplay(limit: 64) } ?? "unknown")"
        }
    }
}

extension UploadRefusal {
    /// What was found, without advice.
    public var finding: String {
        switch self {
        case .service(let error): error.finding
        case .otherObject(let planned, let found):
            "another object is there: planned \(planned), found \(found)"
        case .otherUnfinishedUpload(let planned, let found):
            "an unfinished upload of other content is there: planned \(planned), found \(found)"
        case .foreignSlice(let range, let sliceSize):
            "an unfinished upload is there whose bytes at \(range) are no slice of \(sliceSize) bytes"
        case .foundSlicesDisagree(let error, let found):
            "\(error.finding); an unfinished upload with \(found) \(found == 1 ? "slice" : "slices") was found at the "
                + "key and gone on with, and it may be of other content or of a damaged plan"
        case .notCompared(let first, let stat): stat.findingOfComparison(after: first)
        case .reply(let problem): problem.finding
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .service(let error): error.hint
        case .otherObject: "choose another key, or plan to overwrite to replace it"
        case .otherUnfinishedUpload, .foreignSlice:
            "choose another key, remove it in the console, or upload through the XML API, which does not see it"
        case .foundSlicesDisagree:
            "check the file against the plan; if it is as planned, remove the unfinished upload in the console and "
                + "upload again, or use another key"
        case .notCompared(_, let stat): stat.hintOfComparison
        case .reply(let problem): problem.hint
        }
    }
}
