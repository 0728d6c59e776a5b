import PlanCore

/// `upload_slice_data`: carries one slice.
///
/// **Source**: the data page. `sha` is the whole file's, not the slice's.
public struct DataOperation: Hashable, Sendable {
    /// The session that init or list gave.
    public let session: String
    /// The slice's bytes.
    public let range: ByteRange
    /// The SHA-1 of the whole file.
    public let sha: Digest

    /// The request for one slice.
    public init(session: String, range: ByteRange, sha: Digest) {
        self.session = session
        self.range = range
        self.sha = sha
    }

    /// The form's fields without `filecontent`, which comes last.
    public var fields: [FormField] {
        [
            FormField(WireName.op, ServiceOperation.data.rawValue),
            FormField(WireName.session, session),
            FormField(WireName.offset, range.offset),
            FormField(WireName.sha, sha.hex),
        ]
    }

    /// What a slice that arrived is answered with. Every field may be missing.
    ///
    /// Some SDKs take an `access_url` here as the end of the upload; here only finish ends it.
    public struct Reply: Hashable, Sendable {
        /// Where the service put the slice. **Unit**: bytes from the start of the file.
        public let offset: Int64?
        /// Whether the service now wants one slice at a time.
        public let serial: Bool

        /// - Throws: ``ReplyProblem`` where the offset is there and no integer.
        public init(_ data: ReplyData) throws(ReplyProblem) {
            offset = try data.integer(WireName.offset, in: .data)
            serial = data.integer(WireName.serialUpload) == 1
        }
    }
}
