import PlanCore

/// `upload_slice_init`: begins a slice upload.
///
/// **Source**: the init page.
public struct InitOperation: Hashable, Sendable {
    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// Whether an existing object stands in the way.
    public let insertOnly: InsertOnly
    /// The slice size asked for; the reply's wins.
    public let sliceSize: SliceSize
    /// The file's length. **Unit**: bytes.
    public let fileSize: Int64
    /// The digests of the file's parts.
    package let uploadParts: UploadParts
    /// The caller's own attribute; not sent when empty, as on the page.
    public let bizAttr: ByteString

    /// The request for `plan`.
    public init(_ plan: PlannedFile) {
        sha = plan.sha
        insertOnly = plan.insertOnly
        sliceSize = plan.sliceSize
        fileSize = plan.fileSize
        uploadParts = UploadParts(plan.parts)
        bizAttr = plan.bizAttr
    }

    /// The form's fields, in the page's order.
    public var fields: [FormField] {
        var fields = [
            FormField(WireName.op, ServiceOperation.initialize.rawValue),
            FormField(WireName.sha, sha.hex),
            FormField(WireName.insertOnly, insertOnly.rawValue),
            FormField(WireName.sliceSize, sliceSize.bytes),
            FormField(WireName.fileSize, fileSize),
            FormField(WireName.uploadParts, bytes: uploadParts.json),
        ]
        if !bizAttr.isEmpty {
            fields.append(FormField(WireName.bizAttr, bytes: bizAttr.bytes))
        }
        return fields
    }

    /// What a successful init answers.
    public enum Reply: Hashable, Sendable {
        /// Slices are wanted. `sliceSize` is nil where the service named none; `serial` means one slice
        /// at a time, in order.
        case fresh(session: String, sliceSize: Int64?, serial: Bool)
        /// The service has these bytes already; the object is there.
        case instant(ObjectURLs)

        /// - Throws: ``ReplyProblem`` where `data` has neither a session nor a URL.
        public init(_ data: ReplyData) throws(ReplyProblem) {
            let urls = ObjectURLs(data)
            if let session = data.text(WireName.session), !session.isEmpty {
                self = .fresh(
                    session: session, sliceSize: try data.integer(WireName.sliceSize, in: .initialize),
                    serial: data.integer(WireName.serialUpload) == 1)
            } else if !urls.isEmpty {
                self = .instant(urls)
            } else {
                throw .missing(field: WireName.session, operation: .initialize)
            }
        }
    }
}
