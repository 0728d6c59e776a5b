import PlanCore

/// `upload_slice_list`: asks which slices of an unfinished upload arrived.
///
/// The upload is identified by the path alone.
///
/// **Source**: the list page.
package struct ListOperation: Hashable, Sendable {
    /// Creates the request.
    package init() {}

    /// The form's fields.
    package var fields: [FormField] { [FormField(WireName.op, ServiceOperation.list.rawValue)] }

    /// The reply to list if something is at the path; otherwise the reply is a 404.
    package enum Reply: Hashable, Sendable {
        /// An unfinished upload.
        case unfinished(UnfinishedUpload)
        /// The object is complete.
        case complete(ObjectURLs)

        /// Parses `data`.
        ///
        /// - Throws: ``ReplyProblem`` if fields are missing or malformed.
        package init(_ data: ReplyData) throws(ReplyProblem) {
            if let session = data.text(WireName.session), !session.isEmpty {
                self = .unfinished(try UnfinishedUpload(session: session, data))
                return
            }
            let urls = ObjectURLs(data)
            guard !urls.isEmpty else { throw .missing(field: WireName.session, operation: .list) }
            self = .complete(urls)
        }
    }
}

/// An unfinished upload, as listed.
package struct UnfinishedUpload: Hashable, Sendable {
    /// The session to continue with.
    package let session: String
    /// The file size that init specified.
    ///
    /// **Unit**: bytes.
    package let fileSize: Int64?
    /// The slice size of this upload.
    ///
    /// **Unit**: bytes.
    package let sliceSize: Int64?
    /// The `sha` that init specified, in lower case, without the suffix that some replies add after `_`; not
    /// necessarily hex.
    package let sha: String?
    /// Whether slices must be sent one at a time.
    package let serial: Bool
    /// The slices that arrived.
    ///
    /// The listing has no digests.
    package let arrived: [ByteRange]

    /// Parses `data`.
    ///
    /// - Throws: ``ReplyProblem`` if an entry of `listparts` has no offset or length.
    init(session: String, _ data: ReplyData) throws(ReplyProblem) {
        self.session = session
        fileSize = try data.integer(WireName.fileSize, in: .list)
        sliceSize = try data.integer(WireName.sliceSize, in: .list)
        sha = data.sha
        serial = data.integer(WireName.serialUpload) == 1
        var arrived: [ByteRange] = []
        for entry in data.objects(WireName.listParts) {
            guard let offset = entry.integer(WireName.offset), offset >= 0,
                let length = entry.integer(WireName.dataLength), length >= 0,
                !offset.addingReportingOverflow(length).overflow
            else { throw .missing(field: WireName.listParts, operation: .list) }
            arrived.append(ByteRange(offset: offset, length: length))
        }
        self.arrived = arrived
    }
}
