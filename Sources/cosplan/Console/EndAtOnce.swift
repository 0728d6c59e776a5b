import Foundation

/// Ends the process in the middle of its work.
enum EndAtOnce {
    /// Says `message` in place of the bar, writes out what the result holds back, and ends with `status`.
    ///
    /// Whoever reads the result may have stopped, with a thread of ours in the middle of writing to it: so a second is
    /// all it gets.
    static func now(_ status: ExitStatus, saying message: String) -> Never {
        Console.standardError.close(error: message)
        let written = DispatchSemaphore(value: 0)
        Thread {
            // Nobody is left to tell that the result could not be written; the status says that it is not whole.
            try? StandardOutput.writeOut()
            written.signal()
        }.start()
        _ = written.wait(timeout: .now() + 1)
        Foundation._exit(status.rawValue)
    }
}
