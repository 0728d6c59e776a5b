import Foundation

/// Ends the process in the middle of its work.
enum EndAtOnce {
    /// Says `message` in place of the bar, writes out what the result holds back, and ends with `status`.
    ///
    /// Whoever reads the two streams may have stopped, with a thread of ours in the middle of writing to them: so
    /// a second is all they get.
    static func now(_ status: ExitStatus, saying message: String) -> Never {
        let said = DispatchSemaphore(value: 0)
        Thread {
            // Nobody is left to tell that the result could not be written; the status says that it is not whole.
            try? StandardOutput.writeOut()
            said.signal()
        }.start()
        Thread {
            Console.standardError.close(error: message)
            said.signal()
        }.start()
        let end = DispatchTime.now() + 1
        for _ in 0..<2 { _ = said.wait(timeout: end) }
        Foundation._exit(status.rawValue)
    }
}
