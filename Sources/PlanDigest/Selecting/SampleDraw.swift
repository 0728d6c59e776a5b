import PlanCore

/// Some parts of planned files, drawn by a seed: the same for the same seed and files.
///
/// All parts of all files, in their order, are divided into as many stretches as parts are drawn, and one part of each
/// stretch is drawn. If there are no more files than parts to draw, at least one part of every file is drawn.
package struct SampleDraw: Sendable {
    /// Draws `wanted` of `count` things, evenly: of each of as many stretches one.
    private struct Stretches: Sendable {
        let count: Int
        let wanted: Int
        private var stretch = 0
        private var position = 0
        private var drawn = 0

        init(count: Int, wanted: Int, _ random: inout SplitMix) {
            self.count = count
            self.wanted = min(count, wanted)
            draw(&random)
        }

        private mutating func draw(_ random: inout SplitMix) {
            guard stretch < wanted else { return }
            func start(_ index: Int) -> Int { Int(Int64(index) * Int64(count) / Int64(wanted)) }
            let (first, end) = (start(stretch), start(stretch + 1))
            drawn = first + random.number(below: end - first)
        }

        /// Whether the next thing is drawn.
        mutating func next(_ random: inout SplitMix) -> Bool {
            defer { position += 1 }
            guard stretch < wanted, position == drawn else { return false }
            stretch += 1
            draw(&random)
            return true
        }
    }

    private var random: SplitMix
    private var rest: Stretches
    /// Whether one part of every file is drawn apart from the others.
    private let drawsFromEveryFile: Bool

    /// A draw of `fraction`, more than 0 and at most 1, of the parts of `files` files with `parts` parts.
    ///
    /// An empty file counts as one part.
    package init(fraction: Double, seed: UInt64, files: Int, parts: Int) {
        random = SplitMix(state: seed)
        let wanted = min(parts, max(1, Int((Double(parts) * fraction).rounded(.up))))
        drawsFromEveryFile = files <= wanted
        rest =
            drawsFromEveryFile
            ? Stretches(count: parts - files, wanted: wanted - files, &random)
            : Stretches(count: parts, wanted: wanted, &random)
    }

    /// The drawn parts of the next file, in order.
    ///
    /// **Shape**: 0 for an empty file that is drawn.
    package mutating func next(_ file: PlannedFile) -> [Int] {
        let count = max(1, file.parts.count)
        let own = drawsFromEveryFile ? random.number(below: count) : nil
        return (0..<count).filter { $0 == own || rest.next(&random) }
    }
}

/// Random numbers that follow from a seed.
///
/// **Source**: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64).
struct SplitMix: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound - 1`.
    mutating func number(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
