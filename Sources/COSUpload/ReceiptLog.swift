import COSProtocol
import PlanCore

/// What earlier receipts say is done.
///
/// A file is skipped only if a good line equals its plan in endpoint, target, key, filesize, sha and datasha.
/// **Cost**: memory for every good line's identity.
public struct ReceiptLog: Sendable {
    private var done: Set<Receipt.Identity> = []
    /// How many lines were no receipt, this version's at least; they skip nothing.
    public private(set) var unreadableLines = 0

    /// No lines.
    public init() {}

    /// Takes a line, without its line end; an empty one says nothing.
    public mutating func read(line: [UInt8]) {
        guard !line.isEmpty else { return }
        guard let receipt = Receipt(json: line) else {
            unreadableLines += 1
            return
        }
        if receipt.result.isGood { done.insert(receipt.identity) }
    }

    /// Whether a good line stands for this upload.
    public func shows(endpoint: Endpoint, target: Target, plan: PlannedFile) -> Bool {
        done.contains(Receipt.Identity(endpoint: endpoint, target: target, plan: plan))
    }
}
