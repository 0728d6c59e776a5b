import Foundation

/// What `cosplan help TOPIC` explains: articles of the documentation, which the binary holds.
enum HelpTopic: String, CaseIterable, Sendable {
    case examples
    case exitCodes = "exit-codes"
    case environment
    case manifest
    case faults
    case results

    /// All of them, for a message.
    static let list = allCases.map(\.rawValue).joined(separator: ", ")

    /// The topic that a command line asks for: `help TOPIC` and nothing else.
    init?(askedFor arguments: [String]) {
        guard arguments.count == 2, arguments[0] == "help" else { return nil }
        self.init(rawValue: arguments[1])
    }

    /// Its articles, in the order in which they are shown.
    var articles: [Article] { sources.map { Article(markdown: String(decoding: $0, as: UTF8.self)) } }

    /// `Help` links to the pages of the documentation; the build puts what they hold into the program.
    private var sources: [[UInt8]] {
        switch self {
        case .examples: [PackageResources.Examples_md]
        case .exitCodes: [PackageResources.ExitStatuses_md]
        case .environment: [PackageResources.Environment_md, PackageResources.Profiles_md]
        case .manifest: [PackageResources.FormatOfManifests_md]
        case .faults: [PackageResources.FaultScripts_md]
        case .results:
            [
                PackageResources.VerifyResult_md, PackageResources.ResultOfPush_md,
                PackageResources.ShowResult_md,
                PackageResources.DiffResult_md, PackageResources.ConfigResult_md,
                PackageResources.ProgressEvents_md,
            ]
        }
    }

    /// The articles as text for a terminal of so many columns.
    func text(columns: Int) -> String {
        articles.map { ArticleText($0, columns: columns).text }.joined(separator: "\n")
    }

    /// Writes them to standard output.
    func write() throws {
        let output = try StandardOutput()
        try output.write(Array(text(columns: Self.columns).utf8))
        try output.finish()
    }

    /// As wide as the parser's help is, and no wider than can be read.
    private static var columns: Int {
        let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init)
        var size = winsize()
        let known = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return min(100, max(40, named ?? (known ? Int(size.ws_col) : 80)))
    }
}
