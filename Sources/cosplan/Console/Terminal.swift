import Foundation

/// The terminal that standard error is attached to, and what it can show.
struct Terminal {
    /// Cells of a line.
    var columns = 80
    var lines = 24
    /// Whether lines that are wider than a window that shrinks are broken anew; else their ends are cut off.
    var reflows = true

    /// Standard error's, as it is now; 80 by 24 where it does not say.
    static var current: Terminal {
        var terminal = Terminal()
        terminal.reflows = reflows
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return terminal }
        if size.ws_col > 0 { terminal.columns = Int(size.ws_col) }
        if size.ws_row > 0 { terminal.lines = Int(size.ws_row) }
        return terminal
    }

    /// Rows that `lines` take on the screen.
    func rows(of lines: [String]) -> Int {
        guard reflows else { return lines.count }
        return lines.reduce(0) { rows, line in
            rows + max(1, (ProgressLayout.columns(line) + columns - 1) / columns)
        }
    }

    /// Whether standard error is a terminal that can move its cursor.
    static var isInteractive: Bool {
        guard isatty(STDERR_FILENO) == 1 else { return false }
        let kind = environment["TERM"] ?? ""
        return !kind.isEmpty && kind != "dumb"
    }

    /// Whether the process may move the terminal's cursor: a shell that runs it in the background has the terminal.
    ///
    /// True also where standard error is not the terminal that controls the process.
    static var isForeground: Bool {
        let group = tcgetpgrp(STDERR_FILENO)
        return group < 0 || group == getpgrp()
    }

    /// Whether standard output is the same terminal, so that its lines and the bar stand on one screen.
    static let holdsStandardOutput: Bool = {
        guard isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return false }
        var output = stat()
        var errors = stat()
        return fstat(STDOUT_FILENO, &output) == 0 && fstat(STDERR_FILENO, &errors) == 0
            && output.st_rdev == errors.st_rdev
    }()

    /// Whether the locale's characters are those of Unicode.
    static func isUnicode(_ environment: [String: String] = environment) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        let codeset = locale?.lowercased().filter { $0 != "-" } ?? ""
        return codeset.contains("utf8")
    }

    /// xterm, GNU screen and Linux's own console cut lines off; the others break them anew.
    private static let reflows =
        environment["TERM"] != "linux" && environment["XTERM_VERSION"] == nil && environment["STY"] == nil

    private static let environment = ProcessInfo.processInfo.environment
}
