import PlanCore

/// One thing that a file's bytes say about its plan.
public enum Finding: Hashable, Sendable {
    /// The file is longer than planned; the planned bytes were checked as well. **Unit**: bytes.
    case appended(planned: Int64, found: Int64)
    /// The file is shorter than planned; the parts that are still whole were checked. **Unit**: bytes.
    case truncated(planned: Int64, found: Int64)
    /// Every `datasha` is the plain SHA-1 of its part where a running state should be.
    ///
    /// What follows it was found by reading the plan as `datasha: part`.
    case plainDigestsInsteadOfStates
    /// Every `datasha` is a running state in big-endian words where the service wants little-endian ones.
    ///
    /// What follows it was found by reading the states so.
    case bigEndianStates
    /// Every `datasha` is a running state where a part's plain SHA-1 should be.
    ///
    /// What follows it was found by reading the plan as `datasha: state`.
    case statesInsteadOfPlainDigests
    /// These bytes, those of `parts`, are not the planned ones.
    case dataDiffers(ByteRange, parts: Range<Int>)
    /// The bytes are as planned and the `datasha` of `part` is not theirs.
    case damagedDatasha(part: Int, recorded: Digest, computed: Digest)
    /// The bytes are as planned and the `sha1` of `part` is not theirs.
    case damagedSHA1(part: Int, recorded: Digest, computed: Digest)
    /// The bytes are as planned and the file's `sha` is not theirs.
    case damagedSHA(recorded: Digest, computed: Digest)
    /// The bytes are as planned and this checksum of the file is not theirs.
    case damagedChecksum(recorded: Checksum, computed: Checksum)
    /// The bytes of `parts` agree with their `sha1`, and at least one `datasha` from the part before them to their
    /// last is damaged; bytes that differ before them hide which.
    case damagedDatashaAmong(parts: Range<Int>)
    /// Either these bytes, those of `parts`, are not the planned ones, or recorded digests of theirs are damaged.
    case dataOrLinesDiffer(ByteRange, parts: Range<Int>)
}
