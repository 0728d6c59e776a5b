import Foundation

/// The terminal of standard error and its capabilities.
struct Terminal {
    /// The number of columns.
    var columns = 80
    var lines = 24
    /// Whether the terminal rewraps lines when its window is narrowed; otherwise it cuts them.
    var reflows = true

    /// The current state of standard error's terminal; 80 by 24 if its size is unknown.
    static var current: Terminal {
        var terminal = Terminal()
        terminal.reflows = reflows
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return terminal }
        if size.ws_col > 0 { terminal.columns = Int(size.ws_col) }
        if size.ws_row > 0 { terminal.lines = Int(size.ws_row) }
        return terminal
    }

    /// The number of screen rows that `lines` take.
    func rows(of lines: [String]) -> Int {
        guard reflows else { return lines.count }
        return lines.reduce(0) { rows, line in
            rows + max(1, (ProgressLayout.columns(line) + columns - 1) / columns)
        }
    }

    /// Whether standard error is a terminal that supports cursor movement.
    static var isInteractive: Bool {
        guard isatty(STDERR_FILENO) == 1 else { return false }
        let kind = environment["TERM"] ?? ""
        return !kind.isEmpty && kind != "dumb"
    }

    /// Whether the process may move the terminal's cursor; in the background the terminal belongs to the
    /// shell.
    ///
    /// Also true if standard error is not the controlling terminal.
    static var isForeground: Bool {
        let group = tcgetpgrp(STDERR_FILENO)
        return group < 0 || group == getpgrp()
    }

    /// Whether standard output is the same terminal, so that its lines and the bar share one screen.
    static let holdsStandardOutput: Bool = {
        guard isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return false }
        var output = stat()
        var errors = stat()
        return fstat(STDOUT_FILENO, &output) == 0 && fstat(STDERR_FILENO, &errors) == 0
            && output.st_rdev == errors.st_rdev
    }()

    /// Whether the locale uses UTF-8.
    static func isUnicode(_ environment: [String: String] = environment) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let codeset = locale?.lowercased().filter { $0 != "-" } ?? ""
        return codeset.contains("utf8")
    }

    /// xterm, GNU screen and the Linux console cut lines; other terminals rewrap them.
    private static let reflows =
        environment["TERM"] != "linux" && environment["XTERM_VERSION"] == nil && environment["STY"] == nil

    private static let environment = ProcessInfo.processInfo.environment
}
