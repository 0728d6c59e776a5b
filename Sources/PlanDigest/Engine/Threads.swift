import Glibc
import Synchronization

/// A dedicated thread.
///
/// Hashing and page faults block, so they must not run in Swift's cooperative pool. A class, because a thread
/// has identity; it runs until its body returns and must be joined once.
@safe final class WorkerThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let thread: pthread_t

    /// Starts `body` on a new thread; nil if the system refuses.
    init?(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Body(body))
        var started = pthread_t()
        let code = unsafe pthread_create(&started, nil, Self.main, box.toOpaque())
        guard code == 0 else {
            unsafe box.release()
            return nil
        }
        thread = started
    }

    private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        if let box = unsafe $0 { unsafe Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run() }
        return nil
    }

    /// Waits until the body has returned.
    func join() { pthread_join(thread, nil) }

    /// Runs `body` on `count` threads, including the calling one, and returns when all have returned.
    ///
    /// Fewer threads may start: `body` must not depend on its siblings.
    static func parallel(_ count: Int, _ body: @escaping @Sendable () -> Void) {
        let others = (1..<max(1, count)).compactMap { _ in WorkerThread(body) }
        body()
        for thread in others { thread.join() }
    }
}

/// A mutex-protected state with a condition variable.
///
/// A class, because the lock has identity.
@safe final class Monitor<State: Sendable>: @unchecked Sendable {
    // Safety: `state` is accessed only with `mutex` held; the two pointers never change.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the lock held.
    func withLock<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Runs `body` with the lock held and wakes all waiters.
    func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer {
            unsafe pthread_cond_broadcast(condition)
            unsafe pthread_mutex_unlock(mutex)
        }
        return body(&state)
    }

    /// Wakes all waiters.
    func wake() { change { _ in } }

    /// Calls `attempt` with the lock held until it returns a value; waits for a change in between.
    @discardableResult
    func wait<Result: Sendable>(_ attempt: (inout State) -> Result?) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = attempt(&state) { return result }
            unsafe pthread_cond_wait(condition, mutex)
        }
    }
}
