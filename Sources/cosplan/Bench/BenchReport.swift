import Foundation
import PlanDigest

/// The results of `bench`.
struct BenchReport: Encodable {
    /// One combination of work, kernel and thread count.
    ///
    /// Rates are in 10⁹ bytes per second.
    struct Row: Encodable {
        var work: String
        var kernel: String
        var threads: Int
        var median: Double
        var lowest: Double
        var highest: Double
        /// The spread of the rounds.
        ///
        /// **Unit**: percent of the median.
        var spread: Double
        /// The median relative to that of one OpenSSL stream in this run.
        var ratio: Double
        var samples: [Double]
    }

    var version = 1
    var cosplan = Version.number
    var processor: String
    var processors: Int
    var bestKernel: String
    var source: String
    var size: Int64
    var rounds: Int
    var date: String
    var results: [Row]

    init(source: String, size: Int64, rounds: Int, cases: [BenchRun.Case], rates: [[Double]]) {
        processor = Self.processorName
        processors = ProcessInfo.processInfo.activeProcessorCount
        bestKernel = Kernel.best.rawValue
        self.source = source
        self.size = size
        self.rounds = rounds
        date = ISO8601DateFormatter().string(from: Date())
        let base = rates.first.map(Self.median) ?? 0
        results = zip(cases, rates).map { entry, rates in
            let median = Self.median(rates)
            let (lowest, highest) = (rates.min() ?? 0, rates.max() ?? 0)
            return Row(
                work: entry.name, kernel: entry.kernel.rawValue, threads: entry.jobs, median: median / 1e9,
                lowest: lowest / 1e9, highest: highest / 1e9,
                spread: median > 0 ? (highest - lowest) / median * 100 : 0,
                ratio: base > 0 ? median / base : 0,
                samples: rates.map { $0 / 1e9 })
        }
    }

    /// The largest spread of all rows.
    ///
    /// **Unit**: percent.
    var widestSpread: Double? { results.map(\.spread).max() }

    /// The table as text.
    var lines: [String] {
        let head = [
            "\(processor), \(counted(processors, "processor")), best kernel \(bestKernel)",
            "\(ByteText.size(size)) in \(source), \(counted(rounds, "round")), \(date)", "",
            Self.columns("work", "kernel", "threads", "GB/s", "spread", "x"),
        ]
        return head
            + results.map { row in
                Self.columns(
                    row.work, row.kernel, String(row.threads), ByteText.fixed(row.median, decimals: 2),
                    ByteText.fixed(row.spread, decimals: 0) + " %", ByteText.fixed(row.ratio, decimals: 2))
            }
    }

    private static func columns(
        _ work: String, _ kernel: String, _ threads: String, _ rate: String, _ spread: String, _ ratio: String
    ) -> String {
        pad(work, 30) + pad(kernel, 9) + lead(threads, 7) + lead(rate, 8) + lead(spread, 8) + lead(ratio, 7)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func lead(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func median(_ rates: [Double]) -> Double {
        let sorted = rates.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    private static var processorName: String {
        // The name is informational; without this file it is unknown.
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").dropFirst().first?.drop { $0 == " " }
        return name.map(String.init) ?? "unknown processor"
    }
}
