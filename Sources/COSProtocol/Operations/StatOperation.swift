import PlanCore

/// `stat`: asks what is at a key. A GET; the operation's name is in the query.
///
/// **Source**: the stat page and the vendor's FTP bridge, which reads `filelen`.
public struct StatOperation: Hashable, Sendable {
    /// The request.
    public init() {}

    /// The request's query, without the question mark.
    public var query: String { "\(WireName.op)=\(ServiceOperation.stat.rawValue)" }

    /// What stat says of an object; nothing there is a 404.
    public struct Reply: Hashable, Sendable {
        /// The bytes the service holds. **Unit**: bytes.
        public let fileLength: Int64?
        /// The length the upload named. **Unit**: bytes.
        public let fileSize: Int64?
        /// The object's SHA-1 in lower case, where the reply has one; not always hex.
        public let sha: String?
        /// The object's URLs.
        public let urls: ObjectURLs

        /// Reads `data`.
        public init(_ data: ReplyData) {
            fileLength = data.integer(WireName.fileLength)
            fileSize = data.integer(WireName.fileSize)
            sha = data.sha
            urls = ObjectURLs(data)
        }

        /// The length to compare: `filelen`, else `filesize`; nil also where the two disagree.
        public var length: Int64? {
            if let fileLength, let fileSize, fileLength != fileSize { return nil }
            return fileLength ?? fileSize
        }
    }
}
