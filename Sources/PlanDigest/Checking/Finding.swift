import PlanCore

/// A difference between a file and its plan.
public enum Finding: Hashable, Sendable {
    /// The file is longer than planned.
    ///
    /// The planned bytes were checked as well. **Unit**: bytes.
    case appended(planned: Int64, found: Int64)
    /// The file is shorter than planned.
    ///
    /// Its complete parts were checked. **Unit**: bytes.
    case truncated(planned: Int64, found: Int64)
    /// Every `datasha` is the plain SHA-1 of its part instead of a running state.
    ///
    /// The findings after it result from reading the plan as `datasha: part`.
    case plainDigestsInsteadOfStates
    /// Every `datasha` is a running state in big-endian words; the service requires little-endian ones.
    ///
    /// The findings after it result from reading the states in that order.
    case bigEndianStates
    /// Every `datasha` is a running state instead of the part's plain SHA-1.
    ///
    /// The findings after it result from reading the plan as `datasha: state`.
    case statesInsteadOfPlainDigests
    /// The bytes of this range, that of `parts`, differ from the plan.
    case dataDiffers(ByteRange, parts: Range<Int>)
    /// The bytes are as planned, but the `datasha` of `part` is damaged.
    case damagedDatasha(part: Int, recorded: Digest, computed: Digest)
    /// The bytes are as planned, but the `sha1` of `part` is damaged.
    case damagedSHA1(part: Int, recorded: Digest, computed: Digest)
    /// The bytes are as planned, but the file's `sha` is damaged.
    case damagedSHA(recorded: Digest, computed: Digest)
    /// The bytes are as planned, but this checksum of the file is damaged.
    case damagedChecksum(recorded: Checksum, computed: Checksum)
    /// The bytes of `parts` match their `sha1`, but at least one `datasha` among them or of the part before
    /// is damaged.
    ///
    /// Which one cannot be told, because bytes before them differ.
    case damagedDatashaAmong(parts: Range<Int>)
    /// Either the bytes of this range, that of `parts`, differ from the plan, or their recorded digests are
    /// damaged.
    case dataOrLinesDiffer(ByteRange, parts: Range<Int>)
}

extension Finding: CustomStringConvertible {
    /// A short phrase, without the file's name; parts are counted from 1.
    public var description: String {
        switch self {
        case .appended(let planned, let found):
            "planned as \(planned) bytes, now \(found): bytes were appended"
        case .truncated(let planned, let found):
            "planned as \(planned) bytes, now \(found): bytes are missing"
        case .plainDigestsInsteadOfStates: "every datasha is its part's plain SHA-1, not a running state"
        case .bigEndianStates: "every datasha is a running state in big-endian words"
        case .statesInsteadOfPlainDigests: "every datasha is a running state, not its part's plain SHA-1"
        case .dataDiffers(let range, _): "the data differ at \(range)"
        case .damagedDatasha(let part, _, _): "the datasha of part \(part + 1) is damaged"
        case .damagedSHA1(let part, _, _): "the sha1 of part \(part + 1) is damaged"
        case .damagedSHA: "the file's sha is damaged"
        case .damagedChecksum(let recorded, _): "the file's \(recorded.kind.rawValue) is damaged"
        case .damagedDatashaAmong(let parts):
            "a datasha of parts \(max(1, parts.lowerBound)) to \(parts.upperBound) is damaged"
        case .dataOrLinesDiffer(let range, _): "the data or their recorded digests differ at \(range)"
        }
    }
}
