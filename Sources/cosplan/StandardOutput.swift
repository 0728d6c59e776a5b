import Foundation
import PlanCore
import PlanFiles

/// The command's result on standard output, buffered, with every failure told.
final class StandardOutput {
    private let output: DescriptorOutput

    init() throws {
        do throws(FileError) {
            output = try DescriptorOutput(descriptor: STDOUT_FILENO, name: "standard output")
        } catch {
            throw CommandFailure.writing(error)
        }
    }

    /// Writes `text` and a line end.
    func line(_ text: String) throws {
        try write(Array(text.utf8) + [UInt8(ascii: "\n")])
    }

    /// Writes `bytes` as they are.
    func write(_ bytes: [UInt8]) throws {
        do throws(FileError) {
            try output.write(bytes)
        } catch {
            throw CommandFailure.writing(error)
        }
    }

    /// Makes sure that everything is out.
    func finish() throws {
        do throws(FileError) {
            try output.finish()
        } catch {
            throw CommandFailure.writing(error)
        }
    }
}
