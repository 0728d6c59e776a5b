/// An error that reports the finding and the advice separately.
///
/// A library does not know how its caller is operated: its hints name no flag, no variable and no command. A command
/// may replace the hint with advice that names its own flags.
public protocol ExplainedError: Error, CustomStringConvertible {
    /// What was being done, to which thing, and what was found.
    var finding: String { get }
    /// What to do about it; empty where nothing can be advised.
    var hint: String { get }
}

extension ExplainedError {
    /// Finding and hint in one line.
    public var description: String { hint.isEmpty ? finding : "\(finding); \(hint)" }
}
