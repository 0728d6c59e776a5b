import Foundation
import PlanCore
import PlanFiles
import PlanManifest

/// A manifest that a command goes on only if it breaks no rule.
enum CheckedInput {
    /// Reads and checks a manifest; `keys` knows those of the manifests before it.
    ///
    /// - Parameters:
    ///   - room: what of it is kept instead of being read again, in parts.
    ///   - broken: what a well-formed manifest that breaks rules ends the command with.
    /// - Throws: ``CommandFailure``; every problem has been written to standard error then.
    static func manifest(
        _ source: any ByteSource, name path: String, allowOutside: Bool, keys: inout KeyRegistry,
        keeping room: Int = ManifestCheck.usualRoom, brokenIs broken: ExitStatus = .answerIsNo
    ) throws -> CheckedManifest {
        let check = try withFileFailures {
            try ManifestCheck(source, name: path, allowOutside: allowOutside, keys: &keys, keeping: room)
        }
        do throws(ManifestRefused) {
            return try CheckedManifest(check)
        } catch {
            for problem in error.problems where problem.severity == .error {
                Console.standardError.problem(problem.rendered(in: error.name))
            }
            throw CommandFailure(
                error.isMalformed ? .malformed : broken,
                "\(path.escapedForDisplay): \(counted(error.errorCount, "error")) in the manifest; nothing was "
                    + "done; see cosplan verify")
        }
    }
}

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
