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

extension CommandFailure {
    /// The failure of a file, in its own words.
    init(_ error: FileError) {
        self.init(ExitStatus(error), error.description)
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
