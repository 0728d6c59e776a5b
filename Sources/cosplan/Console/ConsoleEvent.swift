import Foundation

/// A line of standard error as `--progress json` writes it: one object a line.
///
/// **Shape**: described in the article <doc:ProgressEvents>; fields are only ever added.
struct ConsoleEvent: Encodable {
    /// What the line is.
    enum Content {
        /// A line for people, and its kind.
        case message(Kind, String)
        /// Where the command stands. **Unit** of the rate: bytes a second.
        case progress(ProgressReport, bytesPerSecond: Double)
        /// What the command did.
        case summary(WorkSummary)
    }

    /// What a line for people is.
    enum Kind: String, Encodable {
        case error, warning, note, detail, problem
    }

    private enum CodingKeys: String, CodingKey {
        case event, elapsed, message
        case phase, doneBytes, totalBytes, doneFiles, totalFiles, bytesPerSecond, secondsLeft
        case retries, lastReason, waitingFor, files
    }

    private struct File: Encodable {
        var name: String
        var doneBytes: Int64
        var totalBytes: Int64
        var phase: String?
    }

    /// Since the command began.
    ///
    /// **Unit**: seconds.
    let elapsed: Double
    let content: Content

    /// The line, without its end: ASCII, so that no terminal acts on anything in it.
    var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every field is a text, a finite number or a list of such: none can be refused.
        let bytes = (try? encoder.encode(self)) ?? Data("{}".utf8)
        var line = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar.value < 0x7f {
                line.unicodeScalars.append(scalar)
            } else {
                for unit in scalar.utf16 { line += Self.escape(unit) }
            }
        }
        return line
    }

    /// `\u00e9`.
    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(WorkSummary.rounded(elapsed), forKey: .elapsed)
        switch content {
        case .message(let kind, let message):
            try fields.encode(kind, forKey: .event)
            try fields.encode(message, forKey: .message)
        case .summary(let summary):
            try fields.encode("summary", forKey: .event)
            try fields.encode(summary.text, forKey: .message)
            try summary.encode(to: encoder)
        case .progress(let report, let bytesPerSecond):
            try fields.encode("progress", forKey: .event)
            try encode(report, bytesPerSecond: bytesPerSecond, into: &fields)
        }
    }

    private func encode(
        _ report: ProgressReport, bytesPerSecond: Double,
        into fields: inout KeyedEncodingContainer<CodingKeys>
    ) throws {
        try fields.encode(report.phase, forKey: .phase)
        switch report.unit {
        case .bytes:
            try fields.encode(report.doneBytes, forKey: .doneBytes)
            try fields.encode(Int64(max(0, min(bytesPerSecond, 9e15))), forKey: .bytesPerSecond)
            guard !report.isOpenEnded else { return }
            try fields.encode(report.totalBytes, forKey: .totalBytes)
            try fields.encode(report.doneFiles, forKey: .doneFiles)
            try fields.encode(report.totalFiles, forKey: .totalFiles)
            try fields.encode(report.retries, forKey: .retries)
            try fields.encodeIfPresent(
                report.secondsLeft(bytesPerSecond: bytesPerSecond).map(WorkSummary.rounded),
                forKey: .secondsLeft)
            try fields.encodeIfPresent(report.lastReason, forKey: .lastReason)
            try fields.encodeIfPresent(report.wait, forKey: .waitingFor)
            let files = report.files.map {
                File(name: $0.name, doneBytes: $0.doneBytes, totalBytes: $0.totalBytes, phase: $0.phase)
            }
            try fields.encode(files, forKey: .files)
        case .files, .steps:
            try fields.encode(report.doneFiles, forKey: .doneFiles)
            if !report.isOpenEnded { try fields.encode(report.totalFiles, forKey: .totalFiles) }
        case .nothing: break
        }
    }
}
