import PlanCore

/// `stat`: asks what is at a key.
///
/// A GET with the operation's name in the query.
///
/// **Source**: the stat page and the vendor's FTP bridge, which reads `filelen`.
package struct StatOperation: Hashable, Sendable {
    /// Creates the request.
    package init() {}

    /// The request's query, without the question mark.
    package var query: String { "\(WireName.op)=\(ServiceOperation.stat.rawValue)" }

    /// The reply to stat for an existing object; otherwise the reply is a 404.
    package struct Reply: Hashable, Sendable {
        /// The number of bytes the service has.
        ///
        /// **Unit**: bytes.
        package let fileLength: Int64?
        /// The file size that the upload specified.
        ///
        /// **Unit**: bytes.
        package let fileSize: Int64?
        /// The object's SHA-1 in lower case, if present; not necessarily hex.
        package let sha: String?
        /// The object's URLs.
        package let urls: ObjectURLs

        /// Parses `data`.
        package init(_ data: ReplyData) {
            fileLength = data.integer(WireName.fileLength)
            fileSize = data.integer(WireName.fileSize)
            sha = data.sha
            urls = ObjectURLs(data)
        }

        /// The size to compare: `filelen`, else `filesize`; nil if both exist and differ.
        package var length: Int64? {
            if let fileLength, let fileSize, fileLength != fileSize { return nil }
            return fileLength ?? fileSize
        }
    }
}
