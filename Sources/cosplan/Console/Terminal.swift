import Foundation

/// What standard error is attached to.
enum Terminal {
    /// Whether standard error is a terminal that can move its cursor.
    static var isInteractive: Bool {
        guard isatty(STDERR_FILENO) == 1 else { return false }
        let kind = ProcessInfo.processInfo.environment["TERM"] ?? ""
        return !kind.isEmpty && kind != "dumb"
    }

    /// Columns of the terminal behind standard error; 80 where it does not say.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
