import PlanCore

/// Lays a progress report out as lines no wider than the terminal.
struct ProgressLayout {
    /// Columns that may be filled.
    var width: Int

    /// Columns of the longest rate, such as `99.9 MiB/s`.
    private static let rateColumns = 10
    /// Columns of the longest time left under a hundred days, such as `99d23h`.
    private static let timeColumns = 6

    /// The bar: the total first, at most four files below.
    ///
    /// **Shape**: nothing moves while the numbers change: each has room for its longest form, also before it is
    /// known.
    func lines(for report: ProgressReport, bytesPerSecond: Double) -> [String] {
        let shownFiles = report.files.count > 1 || report.totalFiles > 1 ? report.files.prefix(4) : []
        let total = bar(
            label: report.phase, done: report.doneBytes, total: report.totalBytes,
            tail: barTail(report, bytesPerSecond: bytesPerSecond))
        return [total] + shownFiles.map(fileLine) + noteLine(report)
    }

    /// One line for a log.
    func logLine(for report: ProgressReport, bytesPerSecond: Double) -> String {
        let percent = Self.percent(report.doneBytes, of: report.totalBytes)
        guard report.countsBytes else { return "\(report.phase): \(percent)" }
        let amount = "\(ByteText.size(report.doneBytes)) of \(ByteText.size(report.totalBytes))"
        let files = report.totalFiles > 1 ? "\(report.doneFiles)/\(report.totalFiles) files" : nil
        let known = [
            files, rate(bytesPerSecond), timeLeft(report, bytesPerSecond),
            retries(report).map { $0 + (report.lastReason.map { " (last: \($0))" } ?? "") },
            report.wait.map { "waiting for \($0)" },
        ].compactMap { $0 }
        return (["\(report.phase): \(percent) \(amount)"] + known).joined(separator: ", ")
    }

    private func barTail(_ report: ProgressReport, bytesPerSecond: Double) -> String {
        guard report.countsBytes else {
            let total = String(report.totalBytes)
            return Self.pad(String(report.doneBytes), to: total.count, leading: true) + " of " + total
        }
        var tail = files(report).map { $0 + "  " } ?? ""
        tail += Self.pad(rate(bytesPerSecond) ?? "", to: Self.rateColumns, leading: true)
        tail += Self.pad(
            timeLeft(report, bytesPerSecond) ?? "", to: Self.timeColumns + " left".count + 2, leading: true)
        return tail + (retries(report).map { "  " + $0 } ?? "")
    }

    private func files(_ report: ProgressReport) -> String? {
        guard report.totalFiles > 1 else { return nil }
        let total = String(report.totalFiles)
        return Self.pad(String(report.doneFiles), to: total.count, leading: true) + "/\(total) files"
    }

    private func rate(_ bytesPerSecond: Double) -> String? {
        bytesPerSecond > 0 ? ByteText.rate(bytesPerSecond: bytesPerSecond) : nil
    }

    private func timeLeft(_ report: ProgressReport, _ bytesPerSecond: Double) -> String? {
        guard bytesPerSecond > 0, report.doneBytes < report.totalBytes else { return nil }
        let seconds = Double(report.totalBytes - report.doneBytes) / bytesPerSecond
        return "\(ByteText.duration(seconds: seconds)) left"
    }

    private func retries(_ report: ProgressReport) -> String? {
        report.retries > 0 ? "\(report.retries) \(report.retries == 1 ? "retry" : "retries")" : nil
    }

    /// What is waited for, else why the last retry was.
    private func noteLine(_ report: ProgressReport) -> [String] {
        let note =
            report.wait.map { "waiting for \($0)" } ?? report.lastReason.map { "last retry: \($0)" }
        return note.map { [Self.cutAtEnd("  " + $0, to: width)] } ?? []
    }

    /// The name in a column as wide on every line, whatever follows.
    private func fileLine(_ file: ProgressReport.File) -> String {
        let percent = Self.percent(file.doneBytes, of: file.totalBytes)
        let amount = "  \(percent) of \(Self.pad(ByteText.size(file.totalBytes), to: 8, leading: true))"
        let rest = Self.columns(amount) + Self.phaseColumns
        let room = max(8, min(64, width - 2 - rest))
        let line = "  " + Self.pad(Self.cutInFront(file.name.escapedForDisplay, to: room), to: room) + amount
        let phase = file.phase.map { ", \($0)" } ?? ""
        return Self.columns(line) + Self.columns(phase) <= width ? line + phase : line
    }

    /// Columns of the longest phase of a file, with what sets it off.
    private static let phaseColumns = ", finding what differs".count

    private func bar(label: String, done: Int64, total: Int64, tail: String) -> String {
        let head = "\(label) \(Self.percent(done, of: total)) "
        let end = tail.isEmpty ? "" : " " + tail
        let room = min(width - head.count - end.count - 2, 60)
        guard room >= 8 else { return String((head + end).prefix(width)) }
        let filled = total > 0 ? Int(Double(room) * min(1, Double(done) / Double(total))) : room
        let gauge = String(repeating: "█", count: filled) + String(repeating: "░", count: room - filled)
        return head + "▕" + gauge + "▏" + end
    }

    private static func percent(_ done: Int64, of total: Int64) -> String {
        // Rounded down: 100 % is only said of what is done.
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        let shown = done < total ? min(percent, 99) : 100
        return pad(String(shown), to: 3, leading: true) + "%"
    }

    private static func pad(_ text: String, to count: Int, leading: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, count - columns(text)))
        return leading ? fill + text : text + fill
    }

    /// Keeps the end of a path, which tells files apart, and marks what was cut.
    private static func cutInFront(_ text: String, to count: Int) -> String {
        guard columns(text) > count else { return text }
        var kept: [Character] = []
        var used = 1
        for character in text.reversed() {
            used += columns(String(character))
            guard used <= count else { break }
            kept.append(character)
        }
        return "…" + String(kept.reversed())
    }

    private static func cutAtEnd(_ text: String, to count: Int) -> String {
        guard columns(text) > count else { return text }
        var kept = ""
        for character in text {
            guard columns(kept) + columns(String(character)) < count else { break }
            kept.append(character)
        }
        return kept + "…"
    }

    /// Columns that `text` takes on a terminal: East Asian wide characters and emoji take two.
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
