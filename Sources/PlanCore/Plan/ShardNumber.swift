/// Which shard of some work one of several machines does.
package struct ShardNumber: Hashable, Sendable {
    /// The shard's number, from 1.
    package let index: Int64
    /// How many shards there are.
    package let count: Int64

    /// - Throws: ``ShardError`` unless `index` is from 1 to `count`.
    package init(index: Int64, count: Int64) throws(ShardError) {
        guard count >= 1 else { throw .count(found: count) }
        guard 1...count ~= index else { throw .index(found: index, count: count) }
        self.index = index
        self.count = count
    }
}

extension ShardNumber: CustomStringConvertible {
    /// `3/16`.
    package var description: String { "\(index)/\(count)" }
}

/// How files are dealt out to shards: the same on every machine that has the same list.
package enum ShardSplit {
    /// What a file weighs beside its bytes.
    ///
    /// **Unit**: bytes.
    package static let fileWeight: Int64 = 65_536

    /// The places of `shard`'s files among files of these `sizes`, in order.
    ///
    /// The heaviest file goes first, each to the shard with the least so far; among equals the first. So each shard
    /// has about the same weight, and at most one file more than the others where all weigh the same.
    package static func places(of shard: ShardNumber, sizes: [Int64]) -> [Int] {
        let heaviestFirst = sizes.indices.sorted { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }
        // Shards beyond the number of files have none.
        var loads = ShardLoads(count: Int(min(shard.count, Int64(sizes.count))))
        var places: [Int] = []
        for place in heaviestFirst {
            let taker = loads.add(sizes[place].addingClamped(fileWeight))
            if Int64(taker) + 1 == shard.index { places.append(place) }
        }
        return places.sorted()
    }
}

/// Shards by what they have so far, as a heap: the one with the least first.
private struct ShardLoads {
    private var loads: [(weight: Int64, shard: Int)]

    init(count: Int) { loads = (0..<count).map { (0, $0) } }

    /// Gives `weight` to the shard with the least, and says which it is.
    mutating func add(_ weight: Int64) -> Int {
        let taker = loads[0].shard
        loads[0].weight = loads[0].weight.addingClamped(weight)
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < loads.count else { return taker }
            let least = left + 1 < loads.count && loads[left + 1] < loads[left] ? left + 1 : left
            guard loads[least] < loads[parent] else { return taker }
            loads.swapAt(parent, least)
            parent = least
        }
    }
}
