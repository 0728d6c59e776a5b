import Foundation
import Testing

@testable import cosplan

@Suite("The bar and what is said around it")
struct ConsoleTests {
    @Test("erasing begins in the first column: a ^C that was echoed stands below the bar")
    func erasing() {
        #expect(Console.erasing(rows: 0).isEmpty)
        #expect(Console.erasing(rows: 3) == "\r\u{1b}[3A\u{1b}[J")
    }

    private func newTally(files: Int, sound: Int) -> BytesTally {
        BytesTally(files: files, selected: .init(files: sound, allFiles: sound), scope: .all)
    }

    @Test("files not reached are not said to break rules")
    func notReached() {
        var tally = newTally(files: 10, sound: 10)
        tally.add(.done)
        #expect(tally.summary == "1 of 10 files as planned, 9 not checked: interrupted")
        var broken = newTally(files: 3, sound: 2)
        #expect(
            broken.summary
                == "0 of 3 files as planned, 2 not checked: interrupted, 1 not checked: its entry breaks rules"
        )
        broken.add(.done)
        broken.add(.answerIsNo)
        #expect(broken.summary == "1 of 3 files as planned, 1 not checked: its entry breaks rules")
        #expect(
            newTally(files: 2, sound: 0).summary
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
                == "hashing:  10% 90.0 GiB of 900 GiB, 1/1000 files, 0 B/s")
    }

    /// Matches every figure of a bar, uncut.
    private static var figure: Regex<(Substring, Substring?)> {
        #/\d+/1000 files|[0-9.]+ ([KMG]i)?B/s|[0-9dhms]+ left|\d+ retries|/#
    }

    @Test("at every width a figure is whole or not there, and no line is too long", arguments: 1...120)
    func widths(width: Int) throws {
        var report = Self.report(done: 544 << 20, files: 999)
        report.retries = 12
        report.wait = "the reply to finish /folder/a-file.bin, 45 s"
        report.files = [.init(name: "folder/a-file.bin", doneBytes: 1, totalBytes: 1000, phase: "finishing")]
        for isASCII in [true, false] {
            let layout = ProgressLayout(width: width, isASCII: isASCII)
            let lines = layout.lines(for: report, bytesPerSecond: 544 * 1_048_576)
            #expect(lines.allSatisfy { ProgressLayout.columns($0) <= width }, "\(lines)")
            #expect(lines.allSatisfy { !isASCII || $0.utf8.allSatisfy { $0 < 0x80 } })
            guard let total = lines.first else { continue }
            let tail = total.drop { $0 != "%" }.dropFirst()
            for piece in tail.split(separator: "  ") {
                let text = piece.drop { " ▕[█#░-▏]".contains($0) }
                #expect(text.wholeMatch(of: Self.figure) != nil, "\(width): \(total)")
            }
            if width >= 40 { #expect(total.contains("544 MiB/s"), "\(total)") }
        }
    }

    @Test("an escape in a name is shown whole or not at all")
    func escapes() {
        var report = Self.report(done: 1)
        report.files = [.init(name: String(repeating: "\u{1b}", count: 40), doneBytes: 1, totalBytes: 2)]
        for width in 30...100 {
            let line = ProgressLayout(width: width).lines(for: report, bytesPerSecond: 0).last ?? ""
            let name = line.drop { $0 == " " || $0 == "…" }.prefix { $0 != " " }
            #expect(name.replacing("\\u{1b}", with: "").isEmpty, "\(line)")
        }
    }

    @Test("a locale is Unicode by its codeset, the first variable that is set deciding")
    func locales() {
        for (environment, isUnicode) in [
            (["LC_ALL": "C"], false), (["LC_ALL": "C.UTF-8"], true), (["LANG": "de_DE.utf8"], true),
            ([:], false),
            (["LC_ALL": "", "LC_CTYPE": "zh_CN.GB18030", "LANG": "C.UTF-8"], false),
        ] {
            #expect(Terminal.isUnicode(environment) == isUnicode, "\(environment)")
        }
    }

    @Test("rows of a bar are counted as a terminal that was made narrower breaks them")
    func rows() {
        let bar = [String(repeating: "x", count: 79), "图像", ""]
        #expect(Terminal(columns: 80, reflows: true).rows(of: bar) == 3)
        #expect(Terminal(columns: 40, reflows: true).rows(of: bar) == 4)
        #expect(Terminal(columns: 3, reflows: true).rows(of: bar) == 30)
        #expect(Terminal(columns: 40, reflows: false).rows(of: bar) == 3)
    }
}
