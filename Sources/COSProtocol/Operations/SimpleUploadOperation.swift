import PlanCore

/// `upload`: carries a whole file in one request: empty files, which cannot be sliced, and small ones where asked for.
///
/// **Source**: the simple-upload page.
public struct SimpleUploadOperation: Hashable, Sendable {
    /// How long a file may be that goes up so. **Unit**: bytes; 20 MB.
    public static let maximumFileSize: Int64 = 20_971_520

    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// Whether an existing object stands in the way.
    public let insertOnly: InsertOnly
    /// The caller's own attribute; not sent when empty.
    public let bizAttr: ByteString

    /// The request for `plan`.
    public init(_ plan: PlannedFile) {
        sha = plan.sha
        insertOnly = plan.insertOnly
        bizAttr = plan.bizAttr
    }

    /// The form's fields without `filecontent`, which comes last.
    public var fields: [FormField] {
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
