import PlanCore
import ServiceCore

/// The uploads that earlier receipts show as done.
///
/// A file is skipped only if a successful receipt equals its plan in every field of ``Receipt/Identity``, and no later
/// line is about other content of the same object.
///
/// **Cost**: memory for the identity of every successful receipt.
package struct ReceiptLog: Sendable {
    /// An object, whichever API and endpoint reach it.
    private struct Object: Hashable {
        /// As the XML API and S3 name it: with the appid.
        let bucket: String
        let key: ByteString

        init(_ identity: Receipt.Identity) {
            bucket = identity.appID.map { "\(identity.bucket)-\($0)" } ?? identity.bucket
            key = identity.key
        }
    }

    /// The uploads of each object's last known content.
    private var done: [Object: [Receipt.Identity]] = [:]
    /// The number of lines that are not receipts of this version; they are ignored.
    package private(set) var unreadableLines = 0
    /// The number, from 1, of the first non-empty line that is not a receipt of any version.
    package private(set) var firstForeignLine: Int?
    /// Whether the first non-empty line is a receipt of some version; nil if there is no such line yet.
    package private(set) var beginsAsReceipt: Bool?
    private var lineCount = 0

    /// Creates an empty log.
    package init() {}

    /// Adds a line, without its line end; empty lines are ignored.
    package mutating func read(line: [UInt8]) {
        lineCount += 1
        guard !line.isEmpty else { return }
        let receipt = Receipt(json: line)
        let isForeign = receipt == nil && !Receipt.isBeginning(line, whole: true)
        beginsAsReceipt = beginsAsReceipt ?? !isForeign
        guard let receipt else {
            unreadableLines += 1
            if isForeign { firstForeignLine = firstForeignLine ?? lineCount }
            return
        }
        note(receipt)
    }

    /// An upload of other content ends what was known of the object, even if it failed: it may have arrived.
    private mutating func note(_ receipt: Receipt) {
        let identity = receipt.identity
        let object = Object(identity)
        var known = done[object] ?? []
        if let last = known.last, (last.fileSize, last.sha) != (identity.fileSize, identity.sha) {
            known.removeAll()
        }
        if receipt.result.isGood, !known.contains(identity) { known.append(identity) }
        done[object] = known.isEmpty ? nil : known
    }

    /// Whether a successful receipt matches this upload.
    package func shows(endpoint: Endpoint, target: Target, plan: PlannedFile) -> Bool {
        let identity = Receipt.Identity(endpoint: endpoint, target: target, plan: plan)
        return done[Object(identity)]?.contains(identity) == true
    }
}
