import Foundation
import PlanCore
import PlanFiles
import PlanManifest

/// The destination of `hash`'s manifest: standard output, or a file that is written atomically.
struct PlanDestination {
    /// The files that a walk must not take as input.
    let nodes: Set<FileNode>
    /// The folders in which the manifest will appear.
    let folders: Set<FileNode>
    /// What it replaces, and where it will be; nil for standard output.
    let replacement: OutputReplacement?
    private let output: any ByteOutput

    /// Opens `path`, relative to the current folder; nil or `-` is standard output.
    init(path: String?) throws(FileError) {
        if let path, path != "-" {
            let file = try AtomicOutput(path: ByteString(path))
            nodes = file.nodes
            folders = Set([file.folder].compactMap { $0 })
            replacement = OutputReplacement("-o", path, of: file, isOwn: ManifestFormat.isBeginning)
            output = file
        } else {
            output = try DescriptorOutput(descriptor: STDOUT_FILENO, name: "standard output")
            nodes = Set([FileNode.ofRegularFile(descriptor: STDOUT_FILENO)].compactMap { $0 })
            folders = Set([FileNode.ofFolder(holding: STDOUT_FILENO)].compactMap { $0 })
            replacement = nil
        }
    }

    /// Writes the output of `body` and finishes.
    ///
    /// - Returns: the SHA-256 of the output in hex, if it is wanted.
    /// - Throws: ``CommandFailure``, or ``ClosedPipe`` if the pipe has no reader.
    @discardableResult
    func write(isDigestWanted: Bool = false, _ body: (any ByteOutput) throws -> Void) throws -> String? {
        do {
            guard isDigestWanted else {
                try body(output)
                try output.finish()
                return nil
            }
            let digesting = DigestingOutput(output)
            try body(digesting)
            try digesting.finish()
            return digesting.hexDigest
        } catch let error as FileError {
            throw CommandFailure.writing(error)
        }
    }
}
