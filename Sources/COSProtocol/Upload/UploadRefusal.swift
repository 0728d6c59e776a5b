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
    public var description: String {
        switch self {
        case .service(let error): error.description
        case .otherObject(let planned, let found):
            "another object is there: planned \(planned), found \(found); "
                + "choose another key, or plan with --insert-only 0 to replace it"
        case .otherUnfinishedUpload(let planned, let found):
            "an unfinished upload of other content is there: planned \(planned), found \(found); "
                + "choose another key, or remove it in the console"
        case .foreignSlice(let range, let sliceSize):
            "an unfinished upload is there whose bytes at \(range) are no slice of \(sliceSize) bytes; "
                + "choose another key, or remove it in the console"
        case .foundSlicesDisagree(let error, let found):
            "\(error.finding); an unfinished upload with \(found) \(found == 1 ? "slice" : "slices") was found at the "
                + "key and gone on with, and it may be of other content or of a damaged plan; check the file with "
                + "cosplan verify --bytes; if it is as planned, remove the unfinished upload in the console and push "
                + "again, or use another key"
        case .notCompared(let first, let stat):
            // What `first` advises, to replace the object, would be to overwrite what nobody looked at.
            (first.map { "\($0.finding); and it could not be compared: " }
                ?? "the object could not be compared: ")
                + "\(stat.finding); "
                + (stat.reaction == .retry ? "run the same command again later" : stat.advice)
        case .reply(let problem): problem.description
        }
    }
}
