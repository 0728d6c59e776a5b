import PlanDigest
import Synchronization

/// The measurements of one `bench`: every combination once per round.
struct BenchRun {
    /// One measurement.
    struct Case {
        var name: String
        var work: EngineBench.Work
        var kernel: Kernel
        var jobs: Int
    }

    private let bench: EngineBench
    private let rounds: Int
    private let cases: [Case]

    init(_ bench: EngineBench, rounds: Int, files: Int, jobs: Int) {
        self.bench = bench
        self.rounds = rounds
        let works: [(String, EngineBench.Work)] = [
            ("plan one file, states only", .plan(withPartSHA1: false)),
            ("plan one file", .plan(withPartSHA1: true)),
            (
                "plan \(counted(files, "file")) at once, states only",
                .batch(files: files, withPartSHA1: false)
            ),
            ("plan \(counted(files, "file")) at once", .batch(files: files, withPartSHA1: true)),
            ("check, states only", .check(withPartSHA1: false)),
            ("check", .check(withPartSHA1: true)),
        ]
        var cases = [Case(name: "one OpenSSL stream", work: .stream, kernel: .openssl, jobs: 1)]
        for (name, work) in works {
            for kernel in Kernel.available {
                for threads in Set([1, jobs]).sorted() {
                    cases.append(Case(name: name, work: work, kernel: kernel, jobs: threads))
                }
            }
        }
        self.cases = cases
    }

    /// For example `45 measurements in each of 5 rounds: 450 GiB to hash`.
    private var announcement: String {
        let bytes = cases.reduce(0.0) { $0 + Double(bench.bytes(of: $1.work)) } * Double(rounds)
        return
            "\(counted(cases.count, "measurement")) in \(rounds == 1 ? "one round" : "each of \(rounds) rounds"): "
            + "\(ByteText.size(Int64(min(bytes, 9e18)))) to hash"
    }

    /// Runs all measurements and returns the report.
    func run(style: ProgressMeter.Style, source: String) throws -> BenchReport {
        let board = BenchBoard(total: rounds * cases.count)
        Console.standardError.note(announcement)
        let meter = ProgressMeter(style: style, console: .standardError, report: { board.report })
        defer { meter.stop() }
        var rates = [[Double]](repeating: [], count: cases.count)
        for _ in 0..<rounds {
            for (index, entry) in cases.enumerated() {
                do throws(DigestError) {
                    let sample = try bench.measure(entry.work, kernel: entry.kernel, jobs: entry.jobs)
                    rates[index].append(sample.rate)
                } catch {
                    throw CommandFailure(ExitStatus(error), error.text)
                }
                board.step()
            }
        }
        return BenchReport(source: source, size: bench.size, rounds: rounds, cases: cases, rates: rates)
    }
}

/// Counts finished measurements, for the display.
///
/// A class, because the measuring thread and the display share it.
final class BenchBoard: Sendable {
    private let total: Int
    private let done = Atomic(0)

    init(total: Int) { self.total = total }

    func step() { done.add(1, ordering: .relaxed) }

    var report: ProgressReport {
        var report = ProgressReport(phase: "measuring")
        report.unit = .steps
        report.doneFiles = done.load(ordering: .relaxed)
        report.totalFiles = total
        return report
    }
}
