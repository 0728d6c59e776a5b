/// One broken rule at one place of a manifest.
public struct Problem: Hashable, Sendable {
    /// The rule.
    public let rule: Rule
    /// Where.
    public let place: Place
    /// What was found, on one line, safe to print.
    public let message: String

    /// `rule` is broken at `place`; `message` says how.
    package init(_ rule: Rule, at place: Place, _ message: String) {
        self.rule = rule
        self.place = place
        self.message = message
    }

    /// How much it weighs.
    public var severity: Severity { rule.severity }

    /// The line a compiler would print: `m.yaml:14:15: error R05: slice_size 1000000 is not one of …`.
    public func rendered(in manifest: String) -> String {
        "\(manifest.escapedForDisplay):\(place): \(severity.rawValue) \(rule.rawValue): \(message)"
    }
}

/// How much a broken rule weighs.
public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// The manifest can't be used.
    case error
    /// It can be used, and something may go wrong; an error under `verify --strict`.
    case warning
    /// Worth knowing.
    case note
}

/// The problems of one manifest: the first ``ManifestLimits/problemsKept`` are kept, all are counted.
package struct ProblemList: Hashable, Sendable {
    /// Those that were kept, as they came.
    package private(set) var kept: [Problem] = []
    /// How many errors there were, kept or not.
    package private(set) var errorCount = 0
    /// How many warnings there were, kept or not.
    package private(set) var warningCount = 0
    /// How many notes there were, kept or not.
    package private(set) var noteCount = 0

    /// No problems.
    package init() {}

    /// Counts `problem`, and keeps it while there is room.
    package mutating func append(_ problem: Problem) {
        switch problem.severity {
        case .error: errorCount += 1
        case .warning: warningCount += 1
        case .note: noteCount += 1
        }
        if kept.count < ManifestLimits.problemsKept { kept.append(problem) }
    }

    /// Takes over everything `other` has counted and, while there is room, kept.
    package mutating func append(_ other: ProblemList) {
        errorCount += other.errorCount
        warningCount += other.warningCount
        noteCount += other.noteCount
        kept.append(contentsOf: other.kept.prefix(ManifestLimits.problemsKept - kept.count))
    }

    /// How many were counted and not kept.
    package var omittedCount: Int { errorCount + warningCount + noteCount - kept.count }

    /// The kept ones by place; those at one place stay as they came.
    package var sorted: [Problem] {
        kept.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
    }
}
