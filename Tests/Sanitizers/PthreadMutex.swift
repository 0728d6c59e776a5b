import Glibc

// Replaces Swift's Mutex under the thread sanitizer, which does not understand its futex and would report
// everything it protects as a race. run.sh adds this file to each target that uses a Mutex.

/// A lock that the thread sanitizer understands, and the value it protects.
///
/// A class, because the lock must not move.
@safe final class MutexBox<Value: ~Copyable>: @unchecked Sendable {
    // Safety: `value` is accessed only with the lock held.
    let lock: UnsafeMutablePointer<pthread_mutex_t>
    var value: Value

    init(_ value: consuming Value) {
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        self.value = value
    }

    deinit {
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }
}

/// The subset of Synchronization's Mutex that is used here.
struct Mutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    let box: MutexBox<Value>

    init(_ value: consuming sending Value) { box = MutexBox(value) }

    borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(box.lock)
        defer { unsafe pthread_mutex_unlock(box.lock) }
        return try body(&box.value)
    }

    borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result? {
        guard unsafe pthread_mutex_trylock(box.lock) == 0 else { return nil }
        defer { unsafe pthread_mutex_unlock(box.lock) }
        return try body(&box.value)
    }
}
