import PlanCore

/// One request that the upload of a file needs now.
public struct UploadStep: Hashable, Sendable {
    /// The kind of request.
    public enum Action: Hashable, Sendable {
        /// Start a slice upload.
        case initialize
        /// List the slices of an unfinished upload.
        case list
        /// Send this slice.
        case data(session: String, range: ByteRange)
        /// End the slice upload.
        case finish(session: String)
        /// Send the whole file.
        ///
        /// **Unit** of its length: bytes.
        case simpleUpload(length: Int64)
        /// Ask what is at the key.
        case stat
    }

    /// The kind of request.
    public let action: Action

    init(_ action: Action) { self.action = action }

    /// The operation.
    public var operation: ServiceOperation {
        switch action {
        case .initialize: .initialize
        case .list: .list
        case .data: .data
        case .finish: .finish
        case .simpleUpload: .upload
        case .stat: .stat
        }
    }

    /// The range of the file that the request carries; nil if it carries none.
    public var content: ByteRange? {
        switch action {
        case .data(_, let range): range
        case .simpleUpload(let length): ByteRange(offset: 0, length: length)
        case .initialize, .list, .finish, .stat: nil
        }
    }

    /// The form's fields for `plan`, without `filecontent`; nil for stat, which has no body.
    public func fields(for plan: PlannedFile) -> [FormField]? {
        switch action {
        case .initialize: InitOperation(plan).fields
        case .list: ListOperation().fields
        case .data(let session, let range):
            DataOperation(session: session, range: range, sha: plan.sha).fields
        case .finish(let session):
            FinishOperation(session: session, fileSize: plan.fileSize, sha: plan.sha).fields
        case .simpleUpload: SimpleUploadOperation(plan).fields
        case .stat: nil
        }
    }
}
