import PlanCore

/// `upload`: sends a whole file in one request.
///
/// Used for empty files, which cannot be sliced, and for small ones on request.
///
/// **Source**: the simple-upload page.
package struct SimpleUploadOperation: Hashable, Sendable {
    /// The maximum size of such a file.
    ///
    /// **Unit**: bytes; 20 MB.
    package static let maximumFileSize: Int64 = 20_971_520

    /// The SHA-1 of the whole file.
    package let sha: Digest
    /// Whether an existing object may be replaced.
    package let insertOnly: InsertOnly
    /// The caller's own attribute; not sent if empty.
    package let bizAttr: ByteString

    /// Creates the request for `plan`.
    package init(_ plan: PlannedFile) {
        sha = plan.sha
        insertOnly = plan.insertOnly
        bizAttr = plan.bizAttr
    }

    /// The form's fields without `filecontent`, which comes last.
    package var fields: [FormField] {
        var fields = [
            FormField(WireName.op, ServiceOperation.upload.rawValue),
            FormField(WireName.sha, sha.hex),
            FormField(WireName.insertOnly, insertOnly.rawValue),
        ]
        if !bizAttr.isEmpty {
            fields.append(FormField(WireName.bizAttr, bytes: bizAttr.bytes))
        }
        return fields
    }
}
