import PlanCore
import PlanFiles

/// Why a file has no digests.
public enum DigestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file could not be opened or read, or changed meanwhile.
    case file(FileError)
    /// A stop was asked for.
    case cancelled

    public var description: String {
        switch self {
        case .file(let error): error.description
        case .cancelled: "hashing: stopped before its end; start it again"
        }
    }
}
