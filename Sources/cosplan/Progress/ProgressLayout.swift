import PlanCore

/// Formats a progress report as lines that fit the terminal.
struct ProgressLayout {
    /// The number of columns available.
    var width: Int
    /// The number of lines available.
    var height = 6
    /// Whether only ASCII is shown.
    var isASCII = false

    /// The width of the longest rate, such as `99.9 MiB/s`.
    private static let rateColumns = 10
    /// The width of the longest remaining time below a hundred days, such as `99d23h left`.
    private static let timeColumns = 11
    /// The minimum and maximum width of the gauge, including its ends.
    private static let gaugeColumns = 8...60

    /// The lines of the bar: the total, at most four files, and what is waited for.
    ///
    /// **Shape**: nothing moves while the numbers change: each figure has the width of its longest form, even
    /// while it is unknown. If the width does not suffice, whole figures are left out; none is cut.
    func lines(for report: ProgressReport, bytesPerSecond: Double) -> [String] {
        let shownFiles = report.files.count > 1 || report.totalFiles > 1 ? report.files.prefix(4) : []
        let lines =
            [total(report, bytesPerSecond: bytesPerSecond)] + shownFiles.map(fileLine) + noteLine(report)
        return Array(lines.filter { !$0.isEmpty }.prefix(max(0, height)))
    }

    /// One line for a log.
    func logLine(for report: ProgressReport, bytesPerSecond: Double) -> String {
        let percent = Self.percent(report.done, of: report.total)
        switch (report.unit, report.isOpenEnded) {
        case (.nothing, _): return report.phase
        case (.steps, _), (.files, false): return "\(report.phase): \(percent)"
        case (.files, true): return "\(report.phase): \(counted(report.doneFiles, "file")) so far"
        case (.bytes, true):
            return "\(report.phase): \(ByteText.size(report.doneBytes)) so far, "
                + ByteText.rate(bytesPerSecond: bytesPerSecond)
        case (.bytes, false): break
        }
        let amount = "\(ByteText.size(report.doneBytes)) of \(ByteText.size(report.totalBytes))"
        let files = report.totalFiles > 1 ? "\(report.doneFiles)/\(report.totalFiles) files" : nil
        let known = [
            files, ByteText.rate(bytesPerSecond: bytesPerSecond), timeLeft(report, bytesPerSecond),
            retries(report).map { $0 + (report.lastReason.map { " (last: \($0))" } ?? "") },
            report.wait.map { "waiting for \($0)" },
        ].compactMap { $0 }
        return (["\(report.phase): \(percent) \(amount)"] + known).joined(separator: ", ")
    }

    /// A figure of the bar, with its fixed width.
    private struct Figure {
        var text: String
        var columns: Int
        /// The least important figure is left out first.
        var importance: Int

        var padded: String { ProgressLayout.pad(text, to: columns, leading: true) }
    }

    private func total(_ report: ProgressReport, bytesPerSecond: Double) -> String {
        let isMeasured = report.unit != .nothing && !report.isOpenEnded
        let percent = isMeasured ? Self.percent(report.done, of: report.total) : ""
        let head = isMeasured ? "\(report.phase) \(percent)" : report.phase
        guard head.count <= width else { return percent.count <= width ? percent : "" }
        var room = width - head.count
        var kept: Set<Int> = []
        let figures = figures(report, bytesPerSecond: bytesPerSecond)
        for figure in figures.sorted(by: { $0.importance > $1.importance }) {
            guard figure.columns + 2 <= room else { break }
            room -= figure.columns + 2
            kept.insert(figure.importance)
        }
        let tail = figures.filter { kept.contains($0.importance) }.map { "  " + $0.padded }.joined()
        let gauge = min(room - 3, Self.gaugeColumns.upperBound)
        guard isMeasured, gauge >= Self.gaugeColumns.lowerBound else { return head + tail }
        return head + " " + self.gauge(report.done, of: report.total, columns: gauge) + tail
    }

    /// The figures in display order.
    private func figures(_ report: ProgressReport, bytesPerSecond: Double) -> [Figure] {
        switch (report.unit, report.isOpenEnded) {
        case (.nothing, _): return []
        case (.files, true):
            let found = counted(report.doneFiles, "file")
            return [Figure(text: found, columns: found.count, importance: 4)]
        case (.bytes, true):
            let read = ByteText.size(report.doneBytes)
            return [Figure(text: read, columns: read.count, importance: 4)]
        case (.files, false), (.steps, _):
            let total = String(report.total)
            let done = Self.pad(String(report.done), to: total.count, leading: true)
            return [Figure(text: done + " of " + total, columns: 2 * total.count + 4, importance: 4)]
        case (.bytes, false): return byteFigures(report, bytesPerSecond)
        }
    }

    private func byteFigures(_ report: ProgressReport, _ bytesPerSecond: Double) -> [Figure] {
        var figures: [Figure] = []
        if report.totalFiles > 1 {
            let total = String(report.totalFiles)
            let done = Self.pad(String(report.doneFiles), to: total.count, leading: true)
            figures.append(
                Figure(text: done + "/\(total) files", columns: 2 * total.count + 7, importance: 2))
        }
        let rate = bytesPerSecond > 0 ? ByteText.rate(bytesPerSecond: bytesPerSecond) : ""
        figures.append(Figure(text: rate, columns: max(Self.rateColumns, rate.count), importance: 4))
        let left = timeLeft(report, bytesPerSecond) ?? ""
        figures.append(Figure(text: left, columns: max(Self.timeColumns, left.count), importance: 3))
        if let retries = retries(report) {
            figures.append(Figure(text: retries, columns: retries.count, importance: 1))
        }
        return figures
    }

    private func timeLeft(_ report: ProgressReport, _ bytesPerSecond: Double) -> String? {
        report.secondsLeft(bytesPerSecond: bytesPerSecond).map { "\(ByteText.duration(seconds: $0)) left" }
    }

    private func retries(_ report: ProgressReport) -> String? {
        report.retries > 0 ? "\(report.retries) \(report.retries == 1 ? "retry" : "retries")" : nil
    }

    /// What is waited for, or the reason of the last retry.
    private func noteLine(_ report: ProgressReport) -> [String] {
        let note =
            report.wait.map { "waiting for \($0)" } ?? report.lastReason.map { "last retry: \($0)" }
        return note.map { [cut("  " + $0, to: width)] } ?? []
    }

    /// A line for a file; its name has the same width on every line.
    private func fileLine(_ file: ProgressReport.File) -> String {
        let percent = "  " + Self.percent(file.doneBytes, of: file.totalBytes)
        let amount = percent + " of \(Self.pad(ByteText.size(file.totalBytes), to: 8, leading: true))"
        let phase = file.phase.map { ", \($0)" } ?? ""
        let fixed = 2 + Self.columns(amount)
        let room = width - fixed - Self.phaseColumns
        if room >= Self.wideName.lowerBound {
            return "  " + name(file, columns: min(room, Self.wideName.upperBound)) + amount + phase
        }
        if width - fixed >= Self.shortestName {
            return "  " + name(file, columns: width - fixed) + amount
        }
        let narrow = width - 2 - percent.count
        return narrow >= Self.shortestName ? "  " + name(file, columns: narrow) + percent : ""
    }

    /// The width of the longest phase of a file, including its separator.
    private static let phaseColumns = ", finding what differs".count
    /// The minimum and maximum width of a name next to all other figures.
    private static let wideName = 16...64
    /// The minimum width at which a name still distinguishes files.
    private static let shortestName = 8

    private func gauge(_ done: Int64, of total: Int64, columns: Int) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let filled = Int(Double(columns) * share)
        let (full, empty, left, right) = isASCII ? ("#", "-", "[", "]") : ("█", "░", "▕", "▏")
        return left + String(repeating: full, count: filled)
            + String(repeating: empty, count: columns - filled) + right
    }

    private static func percent(_ done: Int64, of total: Int64) -> String {
        // Rounded down: 100 % means done.
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        let shown = done < total ? min(percent, 99) : 100
        return pad(String(shown), to: 3, leading: true) + "%"
    }

    private static func pad(_ text: String, to count: Int, leading: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, count - columns(text)))
        return leading ? fill + text : text + fill
    }

    /// The end of a path, which distinguishes files, with a mark for the omitted beginning.
    ///
    /// Escapes are never cut.
    private func name(_ file: ProgressReport.File, columns count: Int) -> String {
        let shown = file.name.map(shown)
        guard shown.reduce(0, { $0 + Self.columns($1) }) > count else {
            return Self.pad(shown.joined(), to: count)
        }
        var kept: [String] = []
        var used = mark.count
        for character in shown.reversed() {
            used += Self.columns(character)
            guard used <= count else { break }
            kept.append(character)
        }
        return Self.pad(mark + kept.reversed().joined(), to: count)
    }

    /// Marks omitted text.
    private var mark: String { isASCII ? "..." : "…" }

    private func shown(_ character: Character) -> String {
        let text = String(character).escapedForDisplay
        return isASCII && !character.isASCII ? "?" : text
    }

    /// The beginning of a text, with a mark if the rest was cut.
    private func cut(_ text: String, to count: Int) -> String {
        let characters = text.map(shown)
        guard characters.reduce(0, { $0 + Self.columns($1) }) > count else { return characters.joined() }
        var kept = ""
        for character in characters {
            guard Self.columns(kept) + Self.columns(character) + mark.count <= count else { break }
            kept += character
        }
        return kept.isEmpty ? "" : kept + mark
    }

    /// The display width of `text`: East Asian wide characters and emoji take two columns.
    static func columns(_ text: String) -> Int {
        text.reduce(0) { count, character in
            guard let scalar = character.unicodeScalars.first else { return count }
            return count + (isWide(scalar) ? 2 : 1)
        }
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff,
            0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd:
            true
        default: scalar.properties.isEmojiPresentation
        }
    }
}
