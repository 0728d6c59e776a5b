import ArgumentParser
import Foundation
import PlanCore

/// The folder that every `path` of a manifest is relative to.
struct RootOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The folder that paths are relative to.", valueName: "dir"),
        completion: .directory)
    var root = "."

    @Flag(help: "Accept absolute paths, '..' and links that leave the root.")
    var allowOutside = false

    func validate() throws {
        guard !root.isEmpty else { throw ValidationError("--root is empty; '.' names the current folder.") }
    }
}

extension ByteString {
    /// Where files are made that nobody sees: the folder that `TMPDIR` names, else `/tmp`.
    static var temporaryFolder: ByteString {
        let named = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
        return ByteString(named.isEmpty ? "/tmp" : named)
    }
}
