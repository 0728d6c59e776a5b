/// Which parts of a file a check reads, where it does not read all of them.
package struct PartSelection: Hashable, Sendable {
    /// **Shape**: runs of parts in file order, none of them empty, with a gap between two.
    package let runs: [Range<Int>]

    /// These parts, in file order.
    package init(_ parts: some Sequence<Int>) {
        var runs: [Range<Int>] = []
        for part in parts {
            if let last = runs.last, last.upperBound == part {
                runs[runs.count - 1] = last.lowerBound..<(part + 1)
            } else {
                runs.append(part..<(part + 1))
            }
        }
        self.runs = runs
    }

    /// One run of parts.
    package init(_ run: Range<Int>) { runs = run.isEmpty ? [] : [run] }

    private init(runs: [Range<Int>]) { self.runs = runs }

    /// How many parts they are.
    package var count: Int { runs.reduce(0) { $0 + $1.count } }

    /// The last of them.
    var last: Int? { runs.last.map { $0.upperBound - 1 } }

    /// Whether `part` is one of them.
    func contains(_ part: Int) -> Bool {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound <= part { low = middle + 1 } else { high = middle }
        }
        return low < runs.count && runs[low].contains(part)
    }

    /// Those before `end`.
    func prefix(before end: Int) -> PartSelection {
        PartSelection(
            runs: runs.prefix { $0.lowerBound < end }.map { $0.lowerBound..<min($0.upperBound, end) })
    }
}
