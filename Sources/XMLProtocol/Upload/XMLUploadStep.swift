import PlanCore

/// One step of an upload: a request, or digesting a piece of the file.
package struct XMLUploadStep: Hashable, Sendable {
    /// The kind of step.
    package enum Action: Hashable, Sendable {
        /// Query whether the bucket has versioning.
        case versioning
        /// Query the object at the key.
        case head
        /// List the unfinished uploads.
        case listUploads(UploadsPage.Marker?)
        /// List the parts of one of them; `marker` is the end of the previous page.
        case listParts(uploadID: String, marker: String?)
        /// Start an upload.
        case begin
        /// Send a part, numbered from 1, unless `listed` already has its bytes.
        case part(uploadID: String, number: Int, ByteRange, listed: ListedPart?)
        /// Complete the upload.
        case finish(uploadID: String, [CompletedPart])
        /// Send the whole file, unless the plan's own CRC contradicts its bytes.
        case put(plannedCRC: UInt64?)
        /// Compute digests of a piece of the file; no request is needed.
        case digest(piece: Int, ByteRange)

        /// The id of the upload that it concerns; nil if none.
        var uploadID: String? {
            switch self {
            case .listParts(let id, _), .part(let id, _, _, _), .finish(let id, _): id
            case .versioning, .head, .listUploads, .begin, .put, .digest: nil
            }
        }
    }

    /// The kind of step.
    package let action: Action
    /// The digests of ``content`` that must be computed, to send it or to compare it.
    package let digests: Set<ContentDigests.Kind>
    /// The size of the file, for a put.
    ///
    /// **Unit**: bytes.
    private let fileSize: Int64

    init(_ action: Action, digests: Set<ContentDigests.Kind>, fileSize: Int64) {
        self.action = action
        self.digests = digests
        self.fileSize = fileSize
    }

    /// The operation; nil if no request is needed.
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

    /// The range of the file to read; nil for a request without content.
    package var content: ByteRange? {
        switch action {
        case .part(_, _, let range, _), .digest(_, let range): range
        case .put: ByteRange(offset: 0, length: fileSize)
        case .versioning, .head, .listUploads, .listParts, .begin, .finish: nil
        }
    }

    /// Whether the content's digests may make the request unnecessary.
    package var mayBeAnswered: Bool {
        switch action {
        case .digest: true
        case .part(_, _, _, let listed): listed != nil
        case .put(let plannedCRC): plannedCRC != nil
        case .versioning, .head, .listUploads, .listParts, .begin, .finish: false
        }
    }

    /// Whether no request is needed: the service already has these bytes, the step concerns only the file, or the
    /// bytes contradict the plan.
    package func isAnswered(by content: ContentDigests, _ dialect: Dialect) -> Bool {
        switch action {
        case .digest: true
        case .part(_, _, _, let listed?): listed.matches(content, dialect)
        case .put(let plannedCRC?): content.crc64 != plannedCRC
        case .part, .put, .versioning, .head, .listUploads, .listParts, .begin, .finish: false
        }
    }
}
