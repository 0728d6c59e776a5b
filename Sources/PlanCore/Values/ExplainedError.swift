/// An error that says apart what was found and what to do about it.
///
/// A library does not know how its caller is operated: its hints name no flag, no variable and no command. A command
/// takes the finding and puts its own advice where it knows better.
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
