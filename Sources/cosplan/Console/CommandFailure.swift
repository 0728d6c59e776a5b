import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Why a command ends without having done its work: a status and the line that says so.
struct CommandFailure: Error, Sendable {
    /// What the process ends with.
    let status: ExitStatus
    /// `<thing>: <what was found>; <what to do>`; nil where everything has been said already.
    let message: String?

    init(_ status: ExitStatus, _ message: String?) {
        self.status = status
        self.message = message
    }
}

/// Standard output's reader went away; the command ends quietly.
struct ClosedPipe: Error {}

extension ExitStatus {
    /// What a file's failure ends a command with, when it is about an input.
    init(_ error: FileError) {
        switch error.category {
        case .usage: self = .usage
        case .input: self = .inputMissing
        case .changedSource: self = .answerIsNo
        case .output, .closedPipe: self = .cannotWrite
        case .storage: self = .inputOutput
        case .privacy: self = .credentials
        case .limit: self = .configuration
        }
    }

    /// What an engine's failure ends a command with.
    init(_ error: DigestError) {
        switch error {
        case .file(let error): self.init(error)
        case .cancelled: self = Interruption.shared.cause?.status ?? .interrupted
        }
    }
}

extension FileError {
    /// What was found and what to do, with the flags of the command.
    var text: String { commandHint.map { "\(finding); \($0)" } ?? finding }

    /// What to do about it, with the flags of the command.
    private var commandHint: String? {
        switch self {
        case .pathTooLong: "choose a --root nearer to it"
        case .outsideRoot(_, _, let root, let path):
            "use --root '\(root.escapedForDisplay)' with the path '\(path.escapedForDisplay)', or --allow-outside"
        case .notFound: "if it lies elsewhere, name that folder with --root"
        case .leavesRoot: "use --allow-outside if that is meant"
        case .linkRefused: "use --symlinks follow or --symlinks skip"
        case .mapFailed: "use fewer --jobs, or raise the limit on memory (ulimit -v)"
        default: hint
        }
    }
}

extension DigestError {
    /// What was found and what to do, with the flags of the command.
    var text: String {
        switch self {
        case .file(let error): error.text
        case .cancelled: description
        }
    }
}

extension CommandFailure {
    /// The failure of a file, in its own words.
    init(_ error: FileError) {
        self.init(ExitStatus(error), error.text)
    }

    /// The failure to write the command's result; a closed pipe ends quietly.
    static func writing(_ error: FileError) -> any Error {
        if case .closedPipe = error { return ClosedPipe() }
        return CommandFailure(error)
    }
}

/// Runs `body`; a file's failure becomes the command's.
func withFileFailures<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as FileError {
        throw CommandFailure(error)
    } catch let error as ManifestChanged {
        throw CommandFailure(.answerIsNo, error.description)
    }
}
