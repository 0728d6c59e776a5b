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
