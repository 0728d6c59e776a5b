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
