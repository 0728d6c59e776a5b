import Foundation
import PlanCore
import PlanFiles

/// A manifest named on the command line.
enum ManifestInput {
    /// Its bytes; `-` is standard input.
    static func source(_ path: String) throws(CommandFailure) -> FileByteSource {
        do throws(FileError) {
            return path == "-"
                ? try FileByteSource(descriptor: STDIN_FILENO, name: "standard input")
                : try FileByteSource(path: ByteString(path))
        } catch {
            guard case .isFolder(let path) = error else { throw CommandFailure(error) }
            throw CommandFailure(
                ExitStatus(error), "\(path.escapedForDisplay): is a folder, not a manifest; name a file")
        }
    }
}
