import PlanCore

/// `upload_slice_finish`: ends a slice upload.
///
/// **Source**: the finish page; `sha` is required where init carried it (-29094).
package struct FinishOperation: Hashable, Sendable {
    /// The session from init or list.
    package let session: String
    /// The size of the file.
    ///
    /// **Unit**: bytes.
    package let fileSize: Int64
    /// The SHA-1 of the whole file, which the service compares.
    package let sha: Digest

    /// Creates the request.
    package init(session: String, fileSize: Int64, sha: Digest) {
        self.session = session
        self.fileSize = fileSize
        self.sha = sha
    }

    /// The form's fields.
    package var fields: [FormField] {
        [
            FormField(WireName.op, ServiceOperation.finish.rawValue),
            FormField(WireName.session, session),
            FormField(WireName.fileSize, fileSize),
            FormField(WireName.sha, sha.hex),
        ]
    }
}
