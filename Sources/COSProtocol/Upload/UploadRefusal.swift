import PlanCore

/// Why an upload ended without its object.
public enum UploadRefusal: Error, Hashable, Sendable {
    /// The service said no.
    case service(ServiceError)
    /// Another object is at the key, or one that does not say what it is.
    case otherObject(planned: Content, found: Content)
    /// An unfinished upload of other content is at the key; nothing was sent.
    case otherUnfinishedUpload(planned: Content, found: Content)
    /// An unfinished upload lists bytes that are no slice of its own slice size; nothing was sent.
    case foreignSlice(ByteRange, sliceSize: Int64)
    /// The service says that the digests do not agree, after the upload went on from an unfinished one with `found`
    /// slices: these may be of other content, because a listing carries no digests.
    case foundSlicesDisagree(ServiceError, found: Int)
    /// An object seems to be at the key (`first`), but stat did not say what it is.
    case notCompared(first: ServiceError?, stat: ServiceError)
    /// A success that lacks what it must say.
    case reply(ReplyProblem)

    /// What is, or should be, at a key. Nil where the service did not say.
    public struct Content: Hashable, Sendable, CustomStringConvertible {
        /// **Unit**: bytes.
        public let length: Int64?
        /// Lower-case; not always hex when it comes from the service.
        public let sha: String?

        /// A length and a sha, as far as they are known.
        public init(length: Int64?, sha: String?) {
            self.length = length
            self.sha = sha
        }

        public var description: String {
            let size = length.map { "\($0) bytes" } ?? "unknown size"
            return "\(size), sha \(sha.map { $0.escapedForDisplay(limit: 64) } ?? "unknown")"
        }
    }
}

extension UploadRefusal: CustomStringConvertible {
    /// Finding and hint.
    public var description: String { "\(finding); \(hint)" }

    /// What was found, without what to do about it.
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
        case .notCompared(let first, let stat):
            (first.map { "\($0.finding); and it could not be compared: " }
                ?? "the object could not be compared: ") + stat.finding
        case .reply(let problem): problem.finding
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .service(let error): error.hint
        case .otherObject: "choose another key, or plan to overwrite to replace it"
        case .otherUnfinishedUpload, .foreignSlice: "choose another key, or remove it in the console"
        case .foundSlicesDisagree:
            "check the file against the plan; if it is as planned, remove the unfinished upload in the console and "
                + "upload again, or use another key"
        case .notCompared(_, let stat):
            // What the first error advises, to replace the object, would be to overwrite what nobody looked at.
            stat.reaction == .retry ? "run the same command again later" : stat.hint
        case .reply(let problem): problem.hint
        }
    }
}
