import Foundation
import PlanCore
import PlanFiles
import Synchronization

/// The command's result on standard output, buffered; every write error is reported.
///
/// A class, because the process has one, which an early exit must flush: see ``writeOut()``.
final class StandardOutput: Sendable {
    private let output: Mutex<DescriptorOutput>

    /// The command's instance, once it exists.
    private static let current = Mutex<StandardOutput?>(nil)

    init() throws {
        do throws(FileError) {
            output = Mutex(try DescriptorOutput(descriptor: STDOUT_FILENO, name: "standard output"))
        } catch {
            throw CommandFailure.writing(error)
        }
        Self.current.withLock { $0 = self }
    }

    /// Flushes the command's output, if there is one, before the process ends early.
    ///
    /// - Throws: as ``line(_:)`` does.
    static func writeOut() throws {
        try current.withLock { $0 }?.flush()
    }

    /// Writes `text` with terminal control characters escaped, and a line end.
    ///
    /// Flushes on a terminal, which may show the bar below the output.
    func line(_ text: String) throws {
        let bytes = Array(text.withoutTerminalControls.utf8) + [UInt8(ascii: "\n")]
        try told { output throws(FileError) in
            try output.write(bytes)
            if Terminal.holdsStandardOutput { try output.flush() }
        }
    }

    /// Writes `bytes` unchanged.
    func write(_ bytes: [UInt8]) throws {
        try told { output throws(FileError) in try output.write(bytes) }
    }

    /// Flushes, for a reader that waits.
    func flush() throws {
        try told { output throws(FileError) in try output.flush() }
    }

    /// Flushes and checks for errors that appear only on closing.
    func finish() throws {
        try told { output throws(FileError) in try output.finish() }
    }

    private func told(_ body: (DescriptorOutput) throws(FileError) -> Void) throws {
        let failure =
            Terminal.holdsStandardOutput
            ? Console.standardError.aboveBar { attempt(body) } : attempt(body)
        if let failure { throw CommandFailure.writing(failure) }
    }

    private func attempt(_ body: (DescriptorOutput) throws(FileError) -> Void) -> FileError? {
        output.withLock { output in
            do throws(FileError) {
                try body(output)
                return nil
            } catch {
                return error
            }
        }
    }
}
