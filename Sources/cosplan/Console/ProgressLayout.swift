import PlanCore

/// Lays a progress report out as lines no wider than the terminal.
struct ProgressLayout {
    /// Columns that may be filled.
    var width: Int

    /// The bar: the total first, at most four files below.
    func lines(for report: ProgressReport, bytesPerSecond: Double) -> [String] {
        let shownFiles = report.files.count > 1 || report.totalFiles > 1 ? report.files.prefix(4) : []
        let total = bar(
            label: report.phase, done: report.doneBytes, total: report.totalBytes,
            tail: totalTail(report, bytesPerSecond: bytesPerSecond))
        return [total] + shownFiles.map(fileLine)
    }

    /// One line for a log.
    func logLine(for report: ProgressReport, bytesPerSecond: Double) -> String {
        let percent = Self.percent(report.doneBytes, of: report.totalBytes)
        guard report.countsBytes else { return "\(report.phase): \(percent)" }
        let amount = "\(ByteText.size(report.doneBytes)) of \(ByteText.size(report.totalBytes))"
        let tail = totalTail(report, bytesPerSecond: bytesPerSecond)
        return "\(report.phase): \(percent) \(amount)" + (tail.isEmpty ? "" : ", \(tail)")
    }

    private func totalTail(_ report: ProgressReport, bytesPerSecond: Double) -> String {
        guard report.countsBytes else { return "\(report.doneBytes) of \(report.totalBytes)" }
        var fields: [String] = []
        if report.totalFiles > 1 { fields.append("\(report.doneFiles)/\(report.totalFiles) files") }
        if bytesPerSecond > 0 {
            fields.append(ByteText.rate(bytesPerSecond: bytesPerSecond))
            let left = Double(report.totalBytes - report.doneBytes) / bytesPerSecond
            if report.doneBytes < report.totalBytes {
                fields.append("\(ByteText.duration(seconds: left)) left")
            }
        }
        if report.retries > 0 {
            fields.append("\(report.retries) \(report.retries == 1 ? "retry" : "retries")")
        }
        return fields.joined(separator: ", ")
    }

    private func fileLine(_ file: ProgressReport.File) -> String {
        let percent = Self.percent(file.doneBytes, of: file.totalBytes)
        let tail = "  \(percent) of \(ByteText.size(file.totalBytes))" + (file.phase.map { ", \($0)" } ?? "")
        let room = max(8, width - 2 - Self.columns(tail))
        return "  " + Self.pad(Self.cutInFront(file.name.escapedForDisplay, to: room), to: min(room, 48))
            + tail
    }

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
