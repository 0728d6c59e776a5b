import Foundation
import Glibc

/// Runs `body` on a thread without root's access to files, whichever user runs the tests.
///
/// On Linux `setfsuid` affects only the calling thread; changing from 0 to another user also drops the
/// capability to read everything. Swift's Glibc module does not include its header, hence `dlsym`.
func asOrdinaryUser<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
{
    typealias SetFileSystemUser = @convention(c) (uid_t) -> Int32
    return try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            let symbol = geteuid() == 0 ? dlsym(nil, "setfsuid") : nil
            let setUser = symbol.map { unsafeBitCast($0, to: SetFileSystemUser.self) }
            _ = setUser?(65534)
            let result = Swift.Result { try body() }
            // So that this thread can remove the folder.
            _ = setUser?(0)
            continuation.resume(with: result)
        }
        thread.start()
    }
}
