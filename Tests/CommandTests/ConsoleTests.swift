import Foundation
import Testing

@testable import cosplan

@Suite("The bar and what is said around it")
struct ConsoleTests {
    @Test("erasing begins in the first column: a ^C that was echoed stands below the bar")
    func erasing() {
        #expect(Console.erasing(0).isEmpty)
        #expect(Console.erasing(3) == "\r\u{1b}[3A\u{1b}[J")
    }

    @Test("files not reached are not said to break rules")
    func tally() {
        var tally = BytesTally(files: 10, sound: 10)
        tally.add(.done)
        #expect(tally.summary == "1 of 10 files as planned, 9 not checked: interrupted")
        var broken = BytesTally(files: 3, sound: 2)
        #expect(
            broken.summary
                == "0 of 3 files as planned, 2 not checked: interrupted, 1 not checked: its entry breaks rules"
        )
        broken.add(.done)
        broken.add(.answerIsNo)
        #expect(broken.summary == "1 of 3 files as planned, 1 not checked: its entry breaks rules")
        #expect(
            BytesTally(files: 2, sound: 0).summary
                == "0 of 2 files as planned, 2 not checked: their entries break rules")
    }

    private static func report(done: Int64, files: Int = 1) -> ProgressReport {
        var report = ProgressReport(phase: "hashing")
        report.totalBytes = 900 << 30
        report.doneBytes = done
        report.doneFiles = files
        report.totalFiles = 1000
        return report
    }

    @Test("the bar keeps its width, whatever its numbers are", arguments: [79, 119, 199])
    func steady(width: Int) {
        let layout = ProgressLayout(width: width)
        var shapes: Set<[Int]> = []
        for (done, files) in [(0, 0), (1 << 20, 9), (40 << 30, 99), (899 << 30, 999), (900 << 30, 1000)] {
            for rate in [0.0, 1, 999, 1_072_693_248, 3e9, 1e12] {
                let line =
                    layout.lines(for: Self.report(done: Int64(done), files: files), bytesPerSecond: rate)
                    .first
                    ?? ""
                #expect(ProgressLayout.columns(line) <= width)
                shapes.insert([
                    line.prefix { $0 != "▕" }.count, line.prefix { $0 != "▏" }.count,
                    line.prefix { $0 != "/" }.count,
                ])
            }
        }
        #expect(shapes.count == 1, "\(shapes)")
    }

    @Test("the percentages of files stand in one column, names shortened or not", arguments: [79, 199])
    func columns(width: Int) {
        var report = Self.report(done: 1)
        let long = String(repeating: "folder/", count: 40) + "end.bin"
        report.files = [
            .init(name: "a", doneBytes: 5, totalBytes: 10),
            .init(name: long, doneBytes: 5 << 30, totalBytes: 10 << 30),
            .init(name: "图像/图像.bin", doneBytes: 10, totalBytes: 10, phase: "finishing"),
            .init(name: long, doneBytes: 0, totalBytes: 10, phase: "finding what differs"),
        ]
        let lines = ProgressLayout(width: width).lines(for: report, bytesPerSecond: 0).dropFirst()
        #expect(lines.count == 4)
        #expect(Set(lines.map { ProgressLayout.columns(String($0.prefix { $0 != "%" })) }).count == 1)
        #expect(lines.allSatisfy { ProgressLayout.columns($0) <= width })
        #expect(lines.contains { $0.hasSuffix("finding what differs") })
    }

    @Test("a line for a log has no empty room in it")
    func logLine() {
        let layout = ProgressLayout(width: 200)
        #expect(
            layout.logLine(for: Self.report(done: 90 << 30), bytesPerSecond: 0)
                == "hashing:  10% 90.0 GiB of 900 GiB, 1/1000 files")
    }
}
