import PlanCore

/// `upload_slice_init`: starts a slice upload.
///
/// **Source**: the init page.
package struct InitOperation: Hashable, Sendable {
    /// The SHA-1 of the whole file.
    package let sha: Digest
    /// Whether an existing object may be replaced.
    package let insertOnly: InsertOnly
    /// The requested slice size; the reply's takes precedence.
    package let sliceSize: SliceSize
    /// The size of the file.
    ///
    /// **Unit**: bytes.
    package let fileSize: Int64
    /// The digests of the file's parts.
    package let uploadParts: UploadParts
    /// The caller's own attribute; not sent if empty, as in the documentation.
    package let bizAttr: ByteString

    /// Creates the request for `plan`.
    package init(_ plan: PlannedFile) {
        sha = plan.sha
        insertOnly = plan.insertOnly
        sliceSize = plan.sliceSize
        fileSize = plan.fileSize
        uploadParts = UploadParts(plan.parts)
        bizAttr = plan.bizAttr
    }

    /// The form's fields, in the order of the documentation.
    package var fields: [FormField] {
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

    /// The reply to a successful init.
    package enum Reply: Hashable, Sendable {
        /// Slices must be sent.
        ///
        /// `sliceSize` is nil if the reply has none; `serial` means one slice at a time, in order.
        case fresh(session: String, sliceSize: Int64?, serial: Bool)
        /// The service already has these bytes; the object exists.
        case instant(ObjectURLs)

        /// Parses `data`.
        ///
        /// - Throws: ``ReplyProblem`` if `data` has neither a session nor a URL.
        package init(_ data: ReplyData) throws(ReplyProblem) {
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
