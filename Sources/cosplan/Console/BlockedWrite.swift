import Foundation

/// Waits for another thread's write, which never ends if nobody reads what it writes.
enum BlockedWrite {
    /// Waits until `done` is signalled by the thread that writes to `descriptor`.
    ///
    /// After each second, gives up if the descriptor takes no more, because the thread is blocked then. Otherwise the
    /// thread is only late, as on a busy machine, and is waited for up to ten seconds.
    static func wait(for done: DispatchSemaphore, to descriptor: Int32) {
        for _ in 0..<10 {
            let isDone = done.wait(timeout: .now() + .seconds(1)) == .success
            guard !isDone, isWritable(descriptor) else { return }
        }
    }

    /// Whether a short write would not block.
    static func isWritable(_ descriptor: Int32) -> Bool {
        var writer = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&writer, 1, 0) == 1
    }
}
