import PlanCore
import ServiceCore

extension XMLUpload {
    /// The search for an unfinished upload to go on with.
    struct Search {
        /// Those of exactly this key that suit the dialect, as listed.
        var candidates: [ListedUpload] = []
        /// Those of exactly this key that do not.
        var unsuited: [String] = []
        /// How many pages were read.
        var pages = 0
        /// The candidates still to be looked into, the last first.
        var waiting: [ListedUpload] = []
        /// What was read of the one at hand.
        var parts: [ListedPart] = []
        /// The one with most parts so far, and how it cuts the file.
        var best: (upload: String, partSize: Int64, parts: [ListedPart])?
        /// The one that is gone on with.
        var adopted: String?
    }

    /// How many pages of unfinished uploads are read. They hold those of all keys that begin as this one does.
    static let maximumPages = 1000
    /// How many unfinished uploads of one key are looked into, the newest first.
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
        search.candidates.sort { ($0.initiated, $0.id) > ($1.initiated, $1.id) }
        search.waiting = search.candidates.prefix(Self.maximumCandidates).reversed()
        lookIntoNext()
    }

    /// Looks into the next candidate; after the last, goes on with the best or begins.
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
            phase = .ready(.begin)
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
            // The parts of the upload under way, after finish missed one.
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
