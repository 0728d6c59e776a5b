import PlanCore

/// `upload_slice_data`: sends one slice.
///
/// **Source**: the data page. `sha` is that of the whole file, not of the slice.
package struct DataOperation: Hashable, Sendable {
    /// The session from init or list.
    package let session: String
    /// The range of the slice.
    package let range: ByteRange
    /// The SHA-1 of the whole file.
    package let sha: Digest

    /// Creates the request for one slice.
    package init(session: String, range: ByteRange, sha: Digest) {
        self.session = session
        self.range = range
        self.sha = sha
    }

    /// The form's fields without `filecontent`, which comes last.
    package var fields: [FormField] {
        [
            FormField(WireName.op, ServiceOperation.data.rawValue),
            FormField(WireName.session, session),
            FormField(WireName.offset, range.offset),
            FormField(WireName.sha, sha.hex),
        ]
    }

    /// The reply to a slice.
    ///
    /// Every field may be missing.
    ///
    /// Some SDKs treat an `access_url` here as the end of the upload; here only finish ends it.
    package struct Reply: Hashable, Sendable {
        /// The offset at which the service stored the slice.
        ///
        /// **Unit**: bytes from the start of the file.
        package let offset: Int64?
        /// Whether the service requires one slice at a time from now on.
        package let serial: Bool

        /// Parses `data`.
        ///
        /// - Throws: ``ReplyProblem`` if the offset is present but not an integer.
        package init(_ data: ReplyData) throws(ReplyProblem) {
            offset = try data.integer(WireName.offset, in: .data)
            serial = data.integer(WireName.serialUpload) == 1
        }
    }
}
