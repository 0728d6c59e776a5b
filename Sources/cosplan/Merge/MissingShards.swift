import PlanCore

/// The shards of one list that are not among those at hand.
struct MissingShards {
    /// How many are named.
    private static let namedLimit = 20

    /// How many shards the list has.
    let count: Int64
    /// How many are missing.
    let missing: Int64
    /// The first of them.
    let first: [Int64]

    /// Of `count` shards those that are not `present`; nil if all are.
    init?(of count: Int64, present: Set<Int64>) {
        missing = count - Int64(present.count)
        guard missing > 0 else { return nil }
        self.count = count
        first = Array((1...count).lazy.filter { !present.contains($0) }.prefix(Self.namedLimit))
    }

    /// `missing of 4 shards: 2, 4`.
    var words: String {
        let more = missing - Int64(first.count)
        return "missing of \(counted(count, "shard")): \(first.map(String.init).joined(separator: ", "))"
            + (more > 0 ? " and \(more) more" : "")
    }
}
