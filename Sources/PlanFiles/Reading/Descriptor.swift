import CFiles
import Glibc
import PlanCore

/// An open file descriptor, closed with the last reference.
///
/// A class, because the descriptor has identity.
package final class Descriptor: Sendable {
    /// The descriptor's number.
    package let number: Int32

    /// The open(2) flag for a descriptor that refers to a file without opening it (`O_PATH`).
    static var nameOnly: Int32 { cosplan_file_name_only }

    /// Takes ownership of `number`; no other code may close it.
    package init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// The result of `fstat`.
    func status() throws(SystemError) -> stat {
        var status = stat()
        try SystemError.check { unsafe fstat(number, &status) }
        return status
    }

    /// The status of `path`, which is relative to this folder.
    func status(of path: [UInt8], followingLinks: Bool) throws(SystemError) -> stat {
        var status = stat()
        let flags = followingLinks ? 0 : AT_SYMLINK_NOFOLLOW
        try SystemError.check { unsafe path.withCPath { unsafe fstatat(number, $0, &status, flags) } }
        return status
    }

    /// The bytes of `range`; fewer if the file ends first.
    func bytes(_ range: ByteRange) throws(SystemError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(range.length)) { buffer, filled in
            while filled < buffer.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let offset = off_t(range.offset + Int64(filled))
                let count = unsafe pread(number, rest.baseAddress, rest.count, offset)
                if count < 0, errno == EINTR { continue }
                if count < 0 { code = errno }
                guard count > 0 else { return }
                filled += count
            }
        }
        guard code == 0 else { throw SystemError(code) }
        return bytes
    }
}

extension Descriptor {
    /// How many more files this process may open under its limit, at most `enough`.
    package static func available(enough: Int) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur < 65_536
        else { return enough }
        var free = 0
        for number in 0..<Int32(limit.rlim_cur) where fcntl(number, F_GETFD) == -1 {
            free += 1
            if free == enough { break }
        }
        return free
    }
}

/// The errno of a failed system call.
struct SystemError: Error, Hashable {
    let code: Int32

    init(_ code: Int32) { self.code = code }

    /// Calls `call`, again after EINTR, and returns its result; a result of -1 is thrown as `errno`.
    @discardableResult
    static func check<Number: SignedInteger>(_ call: () -> Number) throws(SystemError) -> Number {
        while true {
            let result = call()
            if result != -1 { return result }
            let code = errno
            guard code == EINTR else { throw SystemError(code) }
        }
    }

    /// The system's message for the error, in lower case for use within a sentence.
    static func text(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let first = text.first else { return "error \(code)" }
        return first.lowercased() + text.dropFirst()
    }
}

extension Collection<UInt8> {
    /// Calls `body` with the bytes as a C string; they must not contain NUL.
    func withCPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { buffer in
            for (index, byte) in enumerated() {
                unsafe buffer.initializeElement(at: index, to: CChar(bitPattern: byte))
            }
            unsafe buffer.initializeElement(at: count, to: 0)
            // The buffer holds at least the terminator, so its address is not nil.
            return unsafe body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
        }
    }
}
