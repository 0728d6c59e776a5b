import PlanCore
import ServiceCore

/// The uploads that earlier receipts show as done.
///
/// A file is skipped only if a successful receipt equals its plan in every field of ``Receipt/Identity``.
///
/// **Cost**: memory for the identity of every successful receipt.
package struct ReceiptLog: Sendable {
    private var done: Set<Receipt.Identity> = []
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
        if receipt.result.isGood { done.insert(receipt.identity) }
    }

    /// Whether a successful receipt matches this upload.
    package func shows(endpoint: Endpoint, target: Target, plan: PlannedFile) -> Bool {
        done.contains(Receipt.Identity(endpoint: endpoint, target: target, plan: plan))
    }
}
