import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Why a command failed: an exit status and a message.
struct CommandFailure: Error, Sendable {
    /// The exit status of the process.
    let status: ExitStatus
    /// `<thing>: <what was found>; <what to do>`; nil if everything was already reported.
    let message: String?

    init(_ status: ExitStatus, _ message: String?) {
        self.status = status
        self.message = message
    }
}

/// Standard output has no reader any more; the command ends silently.
struct ClosedPipe: Error {}

extension ExitStatus {
    /// The exit status for a file error, if the file is an input.
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

    /// The exit status for an engine error.
    init(_ error: DigestError) {
        switch error {
        case .file(let error): self.init(error)
        case .cancelled: self = Interruption.shared.cause?.status ?? .interrupted
        }
    }
}

extension FileError {
    /// What was found and what to do, naming the command's flags.
    var text: String { commandHint.isEmpty ? finding : "\(finding); \(commandHint)" }

    /// What to do, naming the command's flags.
    private var commandHint: String {
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
    /// What was found and what to do, naming the command's flags.
    var text: String {
        switch self {
        case .file(let error): error.text
        case .cancelled: description
        }
    }
}

extension CommandFailure {
    /// The failure for a file error.
    init(_ error: FileError) {
        self.init(ExitStatus(error), error.text)
    }

    /// The failure to write the command's result; a closed pipe ends the command silently.
    static func writing(_ error: FileError) -> any Error {
        if case .closedPipe = error { return ClosedPipe() }
        return CommandFailure(error)
    }
}

/// Runs `body`; converts a `FileError` into a ``CommandFailure``.
func withFileFailures<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as FileError {
        throw CommandFailure(error)
    } catch let error as ManifestChanged {
        throw CommandFailure(.answerIsNo, "\(error.finding); check it again with cosplan verify")
    }
}
