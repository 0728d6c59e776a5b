/// A broken rule at a place in a manifest.
public struct Problem: Hashable, Sendable {
    /// The rule.
    public let rule: Rule
    /// The place.
    public let place: Place
    /// What was found, in one line that is safe to print.
    public let message: String

    /// Creates a problem; `message` says what was found.
    package init(_ rule: Rule, at place: Place, _ message: String) {
        self.rule = rule
        self.place = place
        self.message = message
    }

    /// The severity of the rule.
    package var severity: Severity { rule.severity }

    /// The problem as a compiler would print it: `m.yaml:14:15: error R05: slice_size 1000000 is not one of
    /// …`.
    public func rendered(in manifest: String) -> String {
        "\(manifest.escapedForDisplay):\(place): \(severity.rawValue) \(rule.rawValue): \(message)"
    }
}

/// The severity of a broken rule.
public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// The manifest cannot be used.
    case error
    /// The manifest can be used, but something may go wrong; an error under `verify --strict`.
    case warning
    /// For information.
    case note
}

/// The problems of one manifest.
///
/// The first ``ManifestLimits/problemsKept`` are kept, all are counted.
package struct ProblemList: Hashable, Sendable {
    /// The problems that were kept, in the order found.
    package private(set) var kept: [Problem] = []
    /// The number of errors, kept or not.
    package private(set) var errorCount = 0
    /// The number of warnings, kept or not.
    package private(set) var warningCount = 0
    /// The number of notes, kept or not.
    package private(set) var noteCount = 0

    /// Creates an empty list.
    package init() {}

    /// Counts `problem`; keeps it if there is room.
    package mutating func append(_ problem: Problem) {
        switch problem.severity {
        case .error: errorCount += 1
        case .warning: warningCount += 1
        case .note: noteCount += 1
        }
        if kept.count < ManifestLimits.problemsKept { kept.append(problem) }
    }

    /// Adds the counts of `other` and, if there is room, its kept problems.
    package mutating func append(_ other: ProblemList) {
        errorCount += other.errorCount
        warningCount += other.warningCount
        noteCount += other.noteCount
        kept.append(contentsOf: other.kept.prefix(ManifestLimits.problemsKept - kept.count))
    }

    /// The number of problems counted but not kept.
    package var omittedCount: Int { errorCount + warningCount + noteCount - kept.count }

    /// The kept problems by place; those at the same place stay in order.
    package var sorted: [Problem] {
        kept.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
    }
}
