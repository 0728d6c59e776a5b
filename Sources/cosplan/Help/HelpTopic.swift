import Foundation

/// What `cosplan help TOPIC` explains: articles of the documentation, which the binary holds.
enum HelpTopic: String, CaseIterable, Sendable {
    case examples
    case exitCodes = "exit-codes"
    case environment
    case manifest
    case faults
    case results
    case audit
    case apis
    case machines
    case network
    case proof
    case replanning
    case tickets

    /// All of them, for a message.
    static let list = allCases.map(\.rawValue).joined(separator: ", ")

    /// The topic that a command line asks for: `help TOPIC` and nothing else.
    init?(askedFor arguments: [String]) {
        guard arguments.count == 2, arguments[0] == "help" else { return nil }
        self.init(rawValue: arguments[1])
    }

    /// Its articles, in the order in which they are shown.
    var articles: [Article] { pages.map { Article(markdown: String(decoding: $0.value, as: UTF8.self)) } }

    /// The pages by their names.
    ///
    /// `Help` links to them; the build puts what they hold into the program.
    private var pages: KeyValuePairs<String, [UInt8]> {
        switch self {
        case .examples: ["Examples": PackageResources.Examples_md]
        case .exitCodes: ["ExitStatuses": PackageResources.ExitStatuses_md]
        case .environment:
            [
                "Environment": PackageResources.Environment_md, "Profiles": PackageResources.Profiles_md,
                "Credentials": PackageResources.Credentials_md,
            ]
        case .manifest: ["FormatOfManifests": PackageResources.FormatOfManifests_md]
        case .faults: ["FaultScripts": PackageResources.FaultScripts_md]
        case .results:
            [
                "VerifyResult": PackageResources.VerifyResult_md,
                "ResultOfPush": PackageResources.ResultOfPush_md,
                "ShowResult": PackageResources.ShowResult_md, "DiffResult": PackageResources.DiffResult_md,
                "ConfigResult": PackageResources.ConfigResult_md,
                "ProgressEvents": PackageResources.ProgressEvents_md,
            ]
        case .audit: ["Audit": PackageResources.Audit_md]
        case .apis: ["WhichAPI": PackageResources.WhichAPI_md]
        case .machines: ["ManyMachines": PackageResources.ManyMachines_md]
        case .network: ["ProxiesAndCertificates": PackageResources.ProxiesAndCertificates_md]
        case .proof: ["WhatAPlanProves": PackageResources.WhatAPlanProves_md]
        case .replanning: ["PlanningAgain": PackageResources.PlanningAgain_md]
        case .tickets: ["SigningElsewhere": PackageResources.SigningElsewhere_md]
        }
    }

    /// The topic that shows a page of the documentation.
    static func showing(page: String) -> Self? { allCases.first { $0.pages.contains { $0.key == page } } }

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
