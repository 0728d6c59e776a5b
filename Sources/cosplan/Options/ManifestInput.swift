import Foundation
import PlanCore
import PlanFiles

/// A manifest named on the command line.
enum ManifestInput {
    /// Its bytes; `-` is standard input.
    static func source(_ path: String) throws(FileError) -> FileByteSource {
        path == "-"
            ? try FileByteSource(descriptor: STDIN_FILENO, name: "standard input")
            : try FileByteSource(path: ByteString(path))
    }
}
