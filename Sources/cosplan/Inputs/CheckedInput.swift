import ArgumentParser
import Foundation
import PlanCore
import PlanFiles
import PlanManifest

/// Reads a manifest that must not break any rule.
enum CheckedInput {
    /// Reads and checks a manifest; `keys` holds the keys of the manifests before it.
    ///
    /// - Parameters:
    ///   - source: the manifest's bytes.
    ///   - path: its name in messages.
    ///   - allowOutside: whether paths may leave the root.
    ///   - keys: the keys seen so far; those of this manifest are added.
    ///   - room: how much of it is kept in memory instead of being read again, in parts.
    ///   - broken: the exit status if a well-formed manifest breaks rules.
    /// - Returns: the checked manifest.
    /// - Throws: ``CommandFailure``, after every problem was written to standard error.
    static func manifest(
        _ source: any ByteSource, name path: String, allowOutside: Bool, keys: inout KeyRegistry,
        keeping room: Int = ManifestCheck.usualRoom, brokenIs broken: ExitStatus = .answerIsNo
    ) throws -> CheckedManifest {
        if let other = try OtherFile.recognized(source) {
            throw CommandFailure(.malformed, "\(path.escapedForDisplay): \(other.advice(path))")
        }
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
    /// Refuses more than one `-` among the arguments of a command.
    static func checkStandardInput(in names: [String]) throws(ValidationError) {
        guard names.filter({ $0 == "-" }).count <= 1 else {
            throw ValidationError("Standard input (-) can be read once.")
        }
    }

    /// The bytes of the manifest; `-` is standard input.
    static func source(_ path: String) throws(CommandFailure) -> FileByteSource {
        do throws(FileError) {
            return path == "-"
                ? try FileByteSource(
                    descriptor: STDIN_FILENO, name: "standard input", spoolFolder: .temporaryFolder)
                : try FileByteSource(path: ByteString(path), spoolFolder: .temporaryFolder)
        } catch {
            guard case .isFolder(let path) = error else { throw CommandFailure(error) }
            throw CommandFailure(
                ExitStatus(error), "\(path.escapedForDisplay): is a folder, not a manifest; name a file")
        }
    }
}
