import PlanCore

/// How a plan's slices are combined into the parts of a multipart upload.
public struct PartSizing: Hashable, Sendable {
    /// The part sizes that can be requested.
    ///
    /// **Unit**: bytes; a part is held in memory as a whole.
    public static let choices: ClosedRange<Int64> = (1 << 20)...(512 << 20)
    /// The maximum size of a file sent in one request.
    ///
    /// **Unit**: bytes.
    package static let maximumPut: Int64 = 64 << 20

    /// How the file is divided.
    ///
    /// **Shape**: no pieces for an empty file.
    public let layout: Layout
    /// Whether the file is sent in one request.
    public let isPut: Bool

    /// Chooses the smallest multiple of the slice size that is at least `partSize` and the store's minimum,
    /// and does not exceed the store's maximum number of parts.
    ///
    /// - Throws: ``XMLPlanProblem`` if the store cannot hold the file.
    public init(
        _ plan: PlannedFile, partSize: Int64 = MultipartLimits.usualPart, dialect: Dialect
    ) throws(XMLPlanProblem) {
        guard Self.choices.contains(partSize) else { throw .partSize(found: partSize) }
        let limits = dialect.limits
        guard
            let layout = Layout(
                multipart: plan.fileSize, sliceSize: plan.sliceSize, reaching: partSize, limits: limits)
        else { throw .fileTooLong(found: plan.fileSize, limit: limits.largestObject) }
        self.layout = layout
        isPut = plan.fileSize <= min(layout.pieceSize, Self.maximumPut)
    }

    /// The part size of an unfinished upload with these parts.
    ///
    /// Nil if they are not made of whole slices of this file, or are too long to be held in memory.
    func adopted(_ parts: [ListedPart], _ plan: PlannedFile, _ dialect: Dialect) -> Int64? {
        guard let longest = parts.map(\.size).max() else { return layout.pieceSize }
        let slice = Int64(plan.sliceSize.bytes)
        return [longest, layout.pieceSize].first { size in
            guard size > 0, size % slice == 0, size <= max(Self.choices.upperBound, layout.pieceSize) else {
                return false
            }
            let cut = Layout(fileSize: plan.fileSize, pieceSize: size)
            guard cut.count <= dialect.limits.partCount,
                cut.count == 1 || size >= dialect.limits.smallestPart
            else { return false }
            return parts.allSatisfy {
                $0.number <= cut.count && $0.size == cut.range(of: $0.number - 1).length
            }
        }
    }
}

/// Why a plan cannot be uploaded through these APIs.
public enum XMLPlanProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// It has a `biz_attr`, which these APIs do not support.
    case bizAttr
    /// The key is too long. **Unit**: bytes.
    case keyTooLong(found: Int, limit: Int)
    /// The file is too large.
    ///
    /// **Unit**: bytes.
    case fileTooLong(found: Int64, limit: Int64)
    /// The requested part size is out of range.
    ///
    /// **Unit**: bytes.
    case partSize(found: Int64)

    /// ``finding`` and ``hint``.
    public var description: String { "\(finding); \(hint)" }

    /// What prevents the upload.
    public var finding: String {
        switch self {
        case .bizAttr: "biz_attr is not empty, and only the JSON API has it"
        case .keyTooLong(let found, let limit): "the key has \(found) bytes, and the store takes \(limit)"
        case .fileTooLong(let found, let limit): "the file has \(found) bytes, and the store takes \(limit)"
        case .partSize(let found):
            "a part size of \(found) bytes is not from \(PartSizing.choices.lowerBound) to "
                + "\(PartSizing.choices.upperBound)"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .bizAttr: "plan it without, or use the JSON API"
        case .keyTooLong: "choose a shorter key"
        case .fileTooLong: "upload it in several files"
        case .partSize: "choose another part size"
        }
    }
}
