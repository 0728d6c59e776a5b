import Foundation
import Synchronization

/// Pipes that no other child process of the tests inherits.
///
/// Foundation's pipes are inherited by every child started while they are open. A long-running server would
/// keep the other end of another test's pipe open, whose reader would wait for the server's end.
enum PrivatePipe {
    private static let lock = Mutex(())

    /// Creates `count` pipes and starts the process that uses them; no other start happens in between.
    static func start<Value>(pipes count: Int, _ body: ([Pipe]) throws -> Value) rethrows -> Value {
        try lock.withLock { _ in
            let pipes = (0..<count).map { _ in Pipe() }
            for pipe in pipes {
                for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                    _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
                }
            }
            return try body(pipes)
        }
    }
}
