import Glibc
import PlanCore

/// A failed file system call below the emulator's root.
struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation.
    let doing: String
    /// The name it was applied to.
    let name: String
    /// The system's errno.
    let code: Int32

    /// The error that `errno` holds.
    init(_ doing: String, _ name: String, code: Int32 = errno) {
        self.doing = doing
        self.name = name
        self.code = code
    }

    /// Whether the system was short of a resource.
    ///
    /// A retry may succeed; nothing is wrong with the file.
    var isShortage: Bool { [EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR].contains(code) }

    var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "\(name.escapedForDisplay): cannot \(doing): \(reason)"
    }
}
