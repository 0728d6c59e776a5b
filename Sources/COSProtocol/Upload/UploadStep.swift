import PlanCore

/// One request that the upload of a file needs now.
public struct UploadStep: Hashable, Sendable {
    /// The kind of request.
    package enum Action: Hashable, Sendable {
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
    package let action: Action

    init(_ action: Action) { self.action = action }

    /// The operation.
    package var operation: ServiceOperation {
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

    /// Returns the line and headers of the request; `boundary` separates the fields of its form.
    public func head(for plan: PlannedFile, to target: JSONTarget, boundary: Boundary) -> RequestHead {
        switch action {
        case .stat: RequestHead(target: target, key: plan.key, stat: StatOperation())
        case .initialize, .list, .data, .finish, .simpleUpload:
            RequestHead(target: target, key: plan.key, form: MultipartForm([], boundary: boundary))
        }
    }

    /// Returns the body without the bytes of the file, which are sent between the two; nil for a request without a body.
    ///
    /// **Cost**: an init with many parts takes megabytes.
    public func body(for plan: PlannedFile, boundary: Boundary) -> (opening: [UInt8], closing: [UInt8])? {
        guard let fields = fields(for: plan) else { return nil }
        let form = MultipartForm(fields, boundary: boundary)
        guard let content else { return (form.encoded, []) }
        return (form.opening(lastField: WireName.fileContent, length: Int(content.length)), form.closing)
    }

    /// The form's fields for `plan`, without `filecontent`; nil for stat, which has no body.
    package func fields(for plan: PlannedFile) -> [FormField]? {
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
