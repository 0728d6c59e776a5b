import PlanCore

/// How a plan's slices are combined into the parts of a multipart upload.
public struct PartSizing: Hashable, Sendable {
    /// The part sizes that can be requested.
    ///
    /// **Unit**: bytes; a part is held in memory as a whole.
    package static let choices: ClosedRange<Int64> = (1 << 20)...(512 << 20)
    /// The maximum size of a file sent in one request.
    ///
    /// **Unit**: bytes.
    package static let maximumPut: Int64 = 64 << 20

    /// How the file is divided.
    ///
    /// **Shape**: no pieces for an empty file.
    package let layout: Layout
    /// Whether the file is sent in one request.
    public let isPut: Bool

    /// The number of parts; 0 for an empty file.
    public var partCount: Int { layout.count }
    /// The length of every part except the last.
    ///
    /// **Unit**: bytes.
    public var partSize: Int64 { layout.pieceSize }

    /// Chooses the smallest multiple of the slice size that is at least `partSize` and the store's minimum,
    /// and does not exceed the store's maximum number of parts.
    ///
    /// - Throws: ``XMLPlanProblem`` if the store cannot hold the file.
    public init(
        _ plan: PlannedFile, partSize: Int64 = 8 << 20, dialect: Dialect
    ) throws(XMLPlanProblem) {
        do throws(APIObstacle) { try plan.check(for: dialect.api) } catch { throw .plan(error) }
        guard Self.choices.contains(partSize),
            let layout = Layout(
                multipart: plan.fileSize, sliceSize: plan.sliceSize, reaching: partSize,
                limits: dialect.limits)
        else { throw .partSize(found: partSize) }
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
public enum XMLPlanProblem: ExplainedError, Hashable, Sendable {
    /// The plan breaks a rule of the API.
    case plan(APIObstacle)
    /// The requested part size is out of range.
    ///
    /// **Unit**: bytes.
    case partSize(found: Int64)

    /// What prevents the upload.
    public var finding: String {
        switch self {
        case .plan(let obstacle): obstacle.description
        case .partSize(let found):
            "a part size of \(found) bytes is not from \(PartSizing.choices.lowerBound) to "
                + "\(PartSizing.choices.upperBound)"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .plan: "plan it again for this API, or use another"
        case .partSize: "choose another part size"
        }
    }
}
