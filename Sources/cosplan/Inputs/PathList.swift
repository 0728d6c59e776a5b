import Foundation
import PlanCore
import PlanFiles

/// The list given to `--files-from`.
enum PathList {
    /// The paths in the list at `path`, relative to the current folder; `-` is standard input.
    ///
    /// - Throws: ``CommandFailure``, which names the list.
    static func paths(in path: String, endInNUL: Bool) throws -> [[UInt8]] {
        let name = path == "-" ? "standard input" : path
        do {
            let source =
                path == "-"
                ? try FileByteSource(
                    descriptor: STDIN_FILENO, name: ByteString(name), spoolFolder: .temporaryFolder)
                : try FileByteSource(path: ByteString(path), spoolFolder: .temporaryFolder)
            return try FileList.names(in: source, separator: endInNUL ? .nul : .line)
        } catch let error as FileListError {
            throw CommandFailure(.usage, "--files-from \(name.escapedForDisplay): \(error.description)")
        } catch let error as FileError {
            guard case .isFolder = error else { throw CommandFailure(error) }
            throw CommandFailure(
                ExitStatus(error),
                "--files-from \(name.escapedForDisplay): is a folder, not a list of paths; name a file")
        }
    }
}
