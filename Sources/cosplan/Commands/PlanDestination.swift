import Foundation
import PlanCore
import PlanFiles

/// The destination of `hash`'s manifest: standard output, or a file that is written atomically.
struct PlanDestination {
    /// The files that a walk must not take as input.
    let nodes: Set<FileNode>
    private let output: any ByteOutput

    /// Opens `path`, relative to the current folder; nil or `-` is standard output.
    init(path: String?) throws(FileError) {
        if let path, path != "-" {
            let file = try AtomicOutput(path: ByteString(path))
            nodes = file.nodes
            output = file
        } else {
            output = try DescriptorOutput(descriptor: STDOUT_FILENO, name: "standard output")
            nodes = Set([FileNode.ofRegularFile(descriptor: STDOUT_FILENO)].compactMap { $0 })
        }
    }

    /// Writes the output of `body` and finishes.
    ///
    /// - Throws: ``CommandFailure``, or ``ClosedPipe`` if the pipe has no reader.
    func write(_ body: (any ByteOutput) throws -> Void) throws {
        do {
            try body(output)
            try output.finish()
        } catch let error as FileError {
            throw CommandFailure.writing(error)
        }
    }
}
