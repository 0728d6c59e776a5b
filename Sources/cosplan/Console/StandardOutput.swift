import Foundation
import PlanCore
import PlanFiles
import Synchronization

/// The command's result on standard output, buffered, with every failure told.
///
/// A class, because the process has one and whatever ends it writes out what is buffered: see
/// ``writeOut()``.
final class StandardOutput: Sendable {
    private let output: Mutex<DescriptorOutput>

    /// The command's, once it has one.
    private static let current = Mutex<StandardOutput?>(nil)

    init() throws {
        do throws(FileError) {
            output = Mutex(try DescriptorOutput(descriptor: STDOUT_FILENO, name: "standard output"))
        } catch {
            throw CommandFailure.writing(error)
        }
        Self.current.withLock { $0 = self }
    }

    /// Writes out what the command's output holds back, if there is one: before the process ends early.
    ///
    /// - Throws: as ``line(_:)`` does.
    static func writeOut() throws {
        try current.withLock { $0 }?.flush()
    }

    /// Writes `text`, with what a terminal would act on escaped, and a line end.
    ///
    /// At once on a terminal: it may hold the bar, which stands below what was written.
    func line(_ text: String) throws {
        let bytes = Array(text.withoutTerminalControls.utf8) + [UInt8(ascii: "\n")]
        try told { output throws(FileError) in
            try output.write(bytes)
            if Terminal.holdsStandardOutput { try output.flush() }
        }
    }

    /// Writes `bytes` as they are.
    func write(_ bytes: [UInt8]) throws {
        try told { output throws(FileError) in try output.write(bytes) }
    }

    /// Writes out what is buffered, for a reader that waits for it.
    func flush() throws {
        try told { output throws(FileError) in try output.flush() }
    }

    /// Makes sure that everything is out.
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
