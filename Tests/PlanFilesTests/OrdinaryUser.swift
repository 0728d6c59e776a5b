import Foundation
import Glibc

/// Runs `body` on a thread without root's rights over files, whoever runs the tests.
///
/// On Linux `setfsuid` changes the calling thread only; going from 0 to another user drops the right to read
/// everything with it. Its header is not in Swift's Glibc module, hence `dlsym`.
func asOrdinaryUser<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
{
    typealias SetFileSystemUser = @convention(c) (uid_t) -> Int32
    return try await withCheckedThrowingContinuation { continuation in
        let thread = Thread {
            let symbol = geteuid() == 0 ? dlsym(nil, "setfsuid") : nil
            let setUser = symbol.map { unsafeBitCast($0, to: SetFileSystemUser.self) }
            _ = setUser?(65534)
            let result = Swift.Result { try body() }
            // The folder may be removed on this thread.
            _ = setUser?(0)
            continuation.resume(with: result)
        }
        thread.start()
    }
}
