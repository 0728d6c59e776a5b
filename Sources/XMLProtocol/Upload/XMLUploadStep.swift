import PlanCore

/// One thing that the upload of a file wants done now: a request, or a look at the file's own bytes.
package struct XMLUploadStep: Hashable, Sendable {
    /// What is to be done.
    package enum Action: Hashable, Sendable {
        /// Ask whether the bucket keeps old versions.
        case versioning
        /// Ask what is at the key.
        case head
        /// Ask which unfinished uploads there are.
        case listUploads(UploadsPage.Marker?)
        /// Ask what arrived of one of them; `marker` is the end of the page before.
        case listParts(uploadID: String, marker: String?)
        /// Begin an upload.
        case begin
        /// Carry a part, numbered from 1, unless `listed` has its bytes already.
        case part(uploadID: String, number: Int, ByteRange, listed: ListedPart?)
        /// End the upload.
        case finish(uploadID: String, [CompletedPart])
        /// Carry the whole file.
        case put
        /// Compute digests of a piece of the file; nothing is asked.
        case digest(piece: Int, ByteRange)
    }

    /// What is to be done.
    package let action: Action
    /// What must be known of the bytes in ``content``, to send them or to compare them.
    package let digests: Set<ContentDigests.Kind>
    /// The file's length, for a put. **Unit**: bytes.
    private let fileSize: Int64

    init(_ action: Action, digests: Set<ContentDigests.Kind>, fileSize: Int64) {
        self.action = action
        self.digests = digests
        self.fileSize = fileSize
    }

    /// The operation's name; nil where nothing is asked.
    package var operation: XMLOperation? {
        switch action {
        case .versioning: .versioning
        case .head: .head
        case .listUploads: .listUploads
        case .listParts: .listParts
        case .begin: .begin
        case .part: .part
        case .finish: .finish
        case .put: .put
        case .digest: nil
        }
    }

    /// The bytes of the file that are read for it; nil for a request that carries none.
    package var content: ByteRange? {
        switch action {
        case .part(_, _, let range, _), .digest(_, let range): range
        case .put: ByteRange(offset: 0, length: fileSize)
        case .versioning, .head, .listUploads, .listParts, .begin, .finish: nil
        }
    }

    /// Whether what its bytes are may answer it.
    package var mayBeAnswered: Bool {
        switch action {
        case .digest: true
        case .part(_, _, _, let listed): listed != nil
        case .put, .versioning, .head, .listUploads, .listParts, .begin, .finish: false
        }
    }

    /// Whether nothing needs to be asked, because the service has these bytes already, or because it is about the file
    /// alone.
    package func isAnswered(by content: ContentDigests, _ dialect: Dialect) -> Bool {
        switch action {
        case .digest: true
        case .part(_, _, _, let listed?): listed.matches(content, dialect)
        case .part, .put, .versioning, .head, .listUploads, .listParts, .begin, .finish: false
        }
    }
}
