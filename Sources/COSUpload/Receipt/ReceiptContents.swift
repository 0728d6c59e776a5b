import PlanCore

/// The objects in a receipt: for each key the last line that reports an object that is there, or the last line if
/// none does.
///
/// **Cost**: memory for every object.
package struct ReceiptContents: Sendable {
    /// An object that never went up, according to its last line.
    package struct FailedUpload: Hashable, Sendable {
        /// The object.
        package let object: AuditedObject
        /// Why it failed; untrusted text.
        package let reason: String
    }

    /// The objects that went up, in the order of the first line of each key.
    package var objects: [AuditedObject] { entries.filter { $0.reason == nil }.map(\.object) }
    /// The objects that have no good line, in the same order.
    package var failedUploads: [FailedUpload] {
        entries.compactMap { entry in entry.reason.map { FailedUpload(object: entry.object, reason: $0) } }
    }
    /// The numbers, from 1, of lines that are not receipts of this version or have invalid fields.
    package private(set) var damagedLines: [Int] = []
    /// The number of complete lines.
    package private(set) var lineCount = 0
    /// The length of an incomplete last line; 0 if there is none.
    ///
    /// **Unit**: bytes.
    package private(set) var tornLength = 0

    private let override: PartialTarget
    private var entries: [Entry] = []
    private var indices: [Address: Int] = [:]

    private struct Entry {
        var object: AuditedObject
        /// Why the upload failed; nil for a good line.
        var reason: String?
    }

    /// An object's address; one uploaded through two APIs has two.
    private struct Address: Hashable {
        let target: Target
        let key: ObjectKey
    }

    /// The maximum length of a line.
    ///
    /// **Unit**: bytes.
    private static let lineLimit = 1 << 20

    /// Whether the first non-empty line of `source` begins like a receipt; rewinds the source.
    ///
    /// - Throws: what the source throws.
    package static func begins(_ source: any ByteSource) throws -> Bool {
        try source.rewind()
        var beginning: [UInt8] = []
        while beginning.count < Receipt.beginningLength {
            let more = try source.read(upTo: 4096)
            if more.isEmpty { break }
            beginning += beginning.isEmpty ? more.drop { $0 == UInt8(ascii: "\n") } : more[...]
        }
        try source.rewind()
        return !beginning.isEmpty
            && Receipt.isBeginning(Array(beginning.prefix(Receipt.beginningLength)), whole: true)
    }

    /// Reads a receipt; `override` replaces fields of the lines' targets.
    ///
    /// - Throws: ``ReceiptTargetError`` if a target is incomplete; what the source throws.
    package init(_ source: any ByteSource, override: PartialTarget) throws {
        self.override = override
        var line: [UInt8] = []
        var number = 1
        var isTooLong = false
        while true {
            let chunk = try source.read(upTo: 65_536)
            guard !chunk.isEmpty else { break }
            let pieces = chunk.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 {
                    if isTooLong { damagedLines.append(number) } else { try take(line, number) }
                    line.removeAll(keepingCapacity: true)
                    isTooLong = false
                    lineCount = number
                    number += 1
                }
                isTooLong = isTooLong || line.count + piece.count > Self.lineLimit
                if !isTooLong { line += piece }
            }
        }
        guard !line.isEmpty || isTooLong else { return }
        // Only the line end is missing.
        if !isTooLong, Receipt(json: line) != nil {
            lineCount = number
            try take(line, number)
            return
        }
        tornLength = isTooLong ? Self.lineLimit : line.count
    }

    private mutating func take(_ line: [UInt8], _ number: Int) throws {
        guard !line.isEmpty else { return }
        guard let receipt = Receipt(json: line) else {
            damagedLines.append(number)
            return
        }
        guard let recorded = receipt.identity.target else {
            damagedLines.append(number)
            return
        }
        let partial = recorded.replaced(by: override)
        let complete: Target?
        do throws(TargetFieldError) { complete = try partial.complete() } catch {
            throw ReceiptTargetError.unfit(line: number, error)
        }
        guard let target = complete else {
            throw ReceiptTargetError.incomplete(line: number, missing: partial.missingFields)
        }
        guard let object = AuditedObject(receipt, at: target) else {
            damagedLines.append(number)
            return
        }
        let entry = Entry(object: object, reason: receipt.result.isGood ? nil : receipt.error ?? "no reason")
        let address = Address(target: target, key: object.key)
        guard let index = indices[address] else {
            indices[address] = entries.count
            return entries.append(entry)
        }
        // What went up once is there, whatever became of a later push.
        if entry.reason == nil || entries[index].reason != nil { entries[index] = entry }
    }
}

/// Why the target of a line cannot be used.
package enum ReceiptTargetError: Error, Hashable, Sendable {
    /// Fields are missing.
    case incomplete(line: Int, missing: [String])
    /// A field is not valid for the API.
    case unfit(line: Int, TargetFieldError)
}

extension Receipt.Identity {
    /// The target of the upload; nil if its fields are invalid.
    fileprivate var target: PartialTarget? {
        // The caller reports the whole line as damaged.
        guard let region = try? Region(region, for: api), let bucket = try? Bucket(bucket, for: api),
            let endpoint = try? Endpoint(endpoint)
        else { return nil }
        let appID = appID.flatMap { try? AppID($0) }
        guard (appID == nil) == (api == .s3) else { return nil }
        var target = PartialTarget(
            api: api == .json ? nil : api, region: region, appID: appID, bucket: bucket)
        // The default endpoint follows the region, which may be replaced.
        let usual = (try? target.complete())??.endpoint
        if usual != endpoint { target.endpoint = endpoint }
        return target
    }
}
