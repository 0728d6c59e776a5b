import Glibc
import PlanCore

/// Somewhere bytes are written to, front to end. A class, because it has a position of its own.
public protocol ByteOutput: AnyObject {
    /// Writes `bytes` after those before; they may reach the system later.
    func write(_ bytes: [UInt8]) throws(FileError)
    /// Makes sure everything written reached the system; nothing can be written afterwards.
    func finish() throws(FileError)
}

/// Writes to a descriptor that is open already, such as standard output.
///
/// A closed pipe shows as ``FileError/closedPipe(path:)`` if the process ignores `SIGPIPE`; it ends the process if
/// it does not.
package final class DescriptorOutput: ByteOutput {
    private var output: BufferedDescriptor

    /// Writes to a copy of `descriptor`, which stays open; `name` is what errors call it.
    package init(descriptor: Int32, name: ByteString) throws(FileError) {
        do throws(SystemError) {
            let copy = try SystemError.check { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
            output = BufferedDescriptor(Descriptor(owning: copy), path: name)
        } catch {
            throw .writeFailed(path: name, code: error.code)
        }
    }

    init(_ descriptor: Descriptor, path: ByteString) {
        output = BufferedDescriptor(descriptor, path: path)
    }

    package func write(_ bytes: [UInt8]) throws(FileError) {
        try output.write(bytes)
    }

    /// Writes what is buffered.
    package func flush() throws(FileError) {
        try output.flush()
    }

    /// Writes what is buffered. Some file systems say only on closing that they ran full, so a copy is closed.
    package func finish() throws(FileError) {
        try output.flush()
        let copy = fcntl(output.descriptor.number, F_DUPFD_CLOEXEC, 0)
        // A signal that cuts close short leaves the descriptor closed on Linux.
        guard copy < 0 || close(copy) == 0 || errno == EINTR else {
            throw .writeFailed(path: output.path, code: errno)
        }
    }
}
