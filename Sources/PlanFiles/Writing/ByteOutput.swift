import Glibc
import PlanCore

/// A destination for bytes, written front to end.
///
/// A class, because it has a position.
package protocol ByteOutput: AnyObject {
    /// Appends `bytes`; they may be buffered.
    func write(_ bytes: [UInt8]) throws(FileError)
    /// Passes everything buffered to the system.
    ///
    /// Nothing can be written afterwards.
    func finish() throws(FileError)
}

/// Writes to a descriptor that is already open, such as standard output.
///
/// A closed pipe is reported as ``FileError/closedPipe(path:)`` if the process ignores `SIGPIPE`; otherwise
/// that signal ends the process.
package final class DescriptorOutput: ByteOutput {
    private var output: BufferedDescriptor

    /// Writes to a copy of `descriptor`, which stays open.
    ///
    /// `name` is its name in errors. A descriptor that was closed when the process started may be one of the runtime's
    /// event queues by now, which has no file type.
    ///
    /// - Throws: ``FileError/writeFailed(path:code:)``, with `EBADF` where it is closed.
    package init(descriptor: Int32, name: ByteString) throws(FileError) {
        do throws(SystemError) {
            var status = stat()
            try SystemError.check { unsafe fstat(descriptor, &status) }
            guard status.st_mode & S_IFMT != 0 else { throw SystemError(EBADF) }
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

    /// Writes what is buffered, then closes a copy of the descriptor: some file systems report a full disk
    /// only on close.
    package func finish() throws(FileError) {
        try output.flush()
        let copy = fcntl(output.descriptor.number, F_DUPFD_CLOEXEC, 0)
        // On Linux close releases the descriptor even if it fails with EINTR.
        guard copy < 0 || close(copy) == 0 || errno == EINTR else {
            throw .writeFailed(path: output.path, code: errno)
        }
    }
}
