import Glibc
import PlanCore

/// A call to the file system that failed below the emulator's root.
struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done.
    let doing: String
    /// To which name.
    let name: String
    /// What the system answered.
    let code: Int32

    /// The failure that `errno` holds.
    init(_ doing: String, _ name: String, code: Int32 = errno) {
        self.doing = doing
        self.name = name
        self.code = code
    }

    /// Whether the system was short of something when it was asked: the same call may work another time, so
    /// nothing is wrong with the file.
    var isShortage: Bool { [EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR].contains(code) }

    var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "\(name.escapedForDisplay): cannot \(doing): \(reason)"
    }
}
