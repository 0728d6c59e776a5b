import Foundation
import Synchronization

/// Pipes that no other child of the tests inherits.
///
/// Foundation's pipes are inherited by every child started while they are open. A server that lives through a
/// test would hold the other end of another test's pipe, whose reader would wait for the server's end.
enum PrivatePipe {
    private static let lock = Mutex(())

    /// Makes `count` pipes and starts what uses them, with no other start in between.
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
