import Foundation
import PlanCore
import PlanFiles

/// Where `hash` writes its manifest: standard output, or a file that appears whole or not at all.
struct PlanDestination {
    /// The files a walk must not take for input.
    let nodes: Set<FileNode>
    private let output: any ByteOutput

    /// - Parameter path: the file, relative to the current folder; nil or `-` for standard output.
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

    /// Writes what `body` gives out, and finishes.
    ///
    /// - Throws: ``CommandFailure``, or ``ClosedPipe`` where nobody reads any more.
    func write(_ body: (any ByteOutput) throws -> Void) throws {
        do {
            try body(output)
            try output.finish()
        } catch let error as FileError {
            throw CommandFailure.writing(error)
        }
    }
}
