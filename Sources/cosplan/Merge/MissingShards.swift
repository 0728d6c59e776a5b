import PlanCore

/// The shards of a plan that were not given.
struct MissingShards {
    /// The maximum number of shards named in a message.
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

    /// How to make them.
    var remedy: String {
        missing == 1
            ? "plan it with cosplan hash --shard \(first[0])/\(count)"
            : "plan them with cosplan hash --shard K/\(count)"
    }

    /// `shards 2, 4 of 4 are missing`.
    var words: String {
        guard missing > 1 else { return "shard \(first[0]) of \(count) is missing" }
        let more = missing - Int64(first.count)
        return "shards \(first.map(String.init).joined(separator: ", "))"
            + (more > 0 ? " and \(more) more" : "") + " of \(count) are missing"
    }
}

/// The files that hold the shards of one list, or what was checked of them.
struct ShardHolders {
    private var names: [Int64: String] = [:]

    /// The numbers of the shards that were added.
    var indices: Set<Int64> { Set(names.keys) }

    /// Adds shard `index`, which the file `name` holds; returns what is wrong if it was added before.
    mutating func add(_ index: Int64, in name: String) -> String? {
        guard let holder = names[index] else {
            names[index] = name
            return nil
        }
        return holder == name ? "is given twice" : "is there twice, also in \(holder)"
    }
}
