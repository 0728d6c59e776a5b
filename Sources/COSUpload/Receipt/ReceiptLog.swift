import PlanCore
import ServiceCore

/// What earlier receipts say is done.
///
/// A file is skipped only if a good line equals its plan in endpoint, target, key, filesize, sha and datasha.
/// **Cost**: memory for every good line's identity.
public struct ReceiptLog: Sendable {
    private var done: Set<Receipt.Identity> = []
    /// How many lines were no receipt, this version's at least; they skip nothing.
    public private(set) var unreadableLines = 0
    /// The number, from 1, of the first line that has text and is no receipt of any version.
    public private(set) var firstForeignLine: Int?
    /// Whether the first line that has text is a receipt of some version; nil while none has.
    public private(set) var beginsAsReceipt: Bool?
    private var lineCount = 0

    /// No lines.
    public init() {}

    /// Takes a line, without its line end; an empty one says nothing.
    public mutating func read(line: [UInt8]) {
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

    /// Whether a good line stands for this upload.
    public func shows(endpoint: Endpoint, target: Target, plan: PlannedFile) -> Bool {
        done.contains(Receipt.Identity(endpoint: endpoint, target: target, plan: plan))
    }
}
