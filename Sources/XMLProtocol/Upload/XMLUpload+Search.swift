import PlanCore
import ServiceCore

extension XMLUpload {
    /// The search for an unfinished upload to continue.
    struct Search {
        /// Uploads of this key that suit the dialect, as listed.
        var candidates: [ListedUpload] = []
        /// Uploads of this key that do not suit the dialect.
        var unsuited: [String] = []
        /// The number of pages read.
        var pages = 0
        /// The candidates whose parts are still to be listed; the next one is the last.
        var waiting: [ListedUpload] = []
        /// The parts of the current candidate, so far.
        var parts: [ListedPart] = []
        /// The candidate with the most parts so far, and its part size.
        var best: (upload: String, partSize: Int64, parts: [ListedPart])?
        /// The upload that is continued.
        var adopted: String?
    }

    /// The maximum number of pages read.
    ///
    /// They list the uploads of all keys with this key as a prefix.
    static let maximumPages = 1000
    /// The maximum number of unfinished uploads of one key whose parts are listed, newest first.
    static let maximumCandidates = 32

    mutating func acceptUploads(
        _ success: XMLReply.Success, after marker: UploadsPage.Marker?
    ) throws(XMLReplyProblem) {
        guard let document = success.document else {
            throw XMLReplyProblem(operation: .listUploads, field: "ListMultipartUploadsResult")
        }
        let page = try UploadsPage(document)
        for upload in page.uploads where upload.key.utf8.elementsEqual(plan.key.wireName.utf8) {
            if upload.suits(dialect) {
                search.candidates.append(upload)
            } else {
                search.unsuited.append(upload.id)
            }
        }
        search.pages += 1
        if let next = page.next {
            guard next != marker, search.pages < Self.maximumPages else {
                throw XMLReplyProblem(operation: .listUploads, field: "NextKeyMarker")
            }
            phase = .ready(.listUploads(next))
            return
        }
        // Before a put there is nothing to continue.
        if !sizing.isPut {
            search.candidates.sort { ($0.initiated, $0.id) > ($1.initiated, $1.id) }
            search.waiting = search.candidates.prefix(Self.maximumCandidates).reversed()
        }
        lookIntoNext()
    }

    /// Lists the parts of the next candidate; after the last one, names the uploads that are left, and continues
    /// with the best or starts a new upload.
    mutating func lookIntoNext() {
        search.parts = []
        if let candidate = search.waiting.last {
            phase = .ready(.listParts(uploadID: candidate.id, marker: nil))
            return
        }
        let adopted = search.best
        let left = search.unsuited + search.candidates.map(\.id).filter { $0 != adopted?.upload }
        if !left.isEmpty { warn(.unfinishedLeft(left)) }
        guard let adopted else {
            phase = .ready(sizing.isPut ? .put(plannedCRC: plannedCRC) : .begin)
            return
        }
        search.adopted = adopted.upload
        layout = Layout(fileSize: plan.fileSize, pieceSize: adopted.partSize)
        send(uploadID: adopted.upload, listed: adopted.parts, isAdopted: true)
    }

    mutating func acceptParts(
        _ success: XMLReply.Success, of id: String, after marker: String?
    ) throws(XMLReplyProblem) {
        guard let document = success.document else {
            throw XMLReplyProblem(operation: .listParts, field: "ListPartsResult")
        }
        let page = try PartsPage(document)
        search.parts += page.parts
        if let next = page.next {
            guard next != marker, search.parts.count <= dialect.limits.partCount else {
                throw XMLReplyProblem(operation: .listParts, field: "NextPartNumberMarker")
            }
            phase = .ready(.listParts(uploadID: id, marker: next))
            return
        }
        if uploadID == id {
            // These are the parts of the current upload, listed because finish missed one.
            send(uploadID: id, listed: search.parts, isAdopted: search.adopted == id)
            return
        }
        if let size = sizing.adopted(search.parts, plan, dialect),
            search.best.map({ $0.parts.count < search.parts.count }) ?? true
        {
            search.best = (id, size, search.parts)
        }
        search.waiting.removeLast()
        lookIntoNext()
    }
}
