import PlanCore

/// `upload_slice_list`: asks which slices of an unfinished upload arrived. Keyed by the path alone.
///
/// **Source**: the list page.
public struct ListOperation: Hashable, Sendable {
    /// The request.
    public init() {}

    /// The form's fields.
    public var fields: [FormField] { [FormField(WireName.op, ServiceOperation.list.rawValue)] }

    /// What list answers where something is at the path; nothing there is a 404.
    public enum Reply: Hashable, Sendable {
        /// An upload that was begun and not ended.
        case unfinished(UnfinishedUpload)
        /// The object is whole.
        case complete(ObjectURLs)

        /// - Throws: ``ReplyProblem`` where fields are missing or do not read as what they should be.
        public init(_ data: ReplyData) throws(ReplyProblem) {
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

/// What list says of an upload that was begun and not ended.
public struct UnfinishedUpload: Hashable, Sendable {
    /// The session to go on with.
    public let session: String
    /// The length init named. **Unit**: bytes.
    public let fileSize: Int64?
    /// The slice size this upload is cut by. **Unit**: bytes.
    public let sliceSize: Int64?
    /// The `sha` init named, lower case, without the suffix some replies add after `_`; not always hex.
    public let sha: String?
    /// Whether slices must go one by one.
    public let serial: Bool
    /// The slices that arrived, as listed. They carry no digest.
    public let arrived: [ByteRange]

    /// - Throws: ``ReplyProblem`` where an entry of `listparts` lacks its offset or length.
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
