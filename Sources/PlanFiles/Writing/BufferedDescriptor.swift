import Glibc
import PlanCore

/// Buffered writing to a descriptor.
struct BufferedDescriptor {
    let descriptor: Descriptor
    /// Its name in errors.
    let path: ByteString
    private var buffer: [UInt8] = []

    /// **Unit**: bytes.
    private static let capacity = 65_536

    init(_ descriptor: Descriptor, path: ByteString) {
        self.descriptor = descriptor
        self.path = path
    }

    mutating func write(_ bytes: [UInt8]) throws(FileError) {
        if buffer.count + bytes.count > Self.capacity { try flush() }
        if bytes.count >= Self.capacity {
            try writeAll(bytes)
        } else {
            buffer += bytes
        }
    }

    /// Writes what is buffered.
    ///
    /// The buffer is empty afterwards even on failure, so no byte is written twice.
    mutating func flush() throws(FileError) {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try writeAll(buffer)
    }

    private func writeAll(_ bytes: [UInt8]) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    descriptor.number, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count >= 0 {
                done += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: wait(for: POLLOUT)
            case EPIPE: throw .closedPipe(path: path)
            case let code: throw .writeFailed(path: path, code: code)
            }
        }
    }

    /// Waits until the descriptor is writable: another process may have made it non-blocking.
    private func wait(for events: Int32) {
        descriptor.wait(for: events)
    }
}

extension Descriptor {
    /// Waits until one of `events` or an error is reported.
    func wait(for events: Int32) {
        var request = pollfd(fd: number, events: Int16(events), revents: 0)
        unsafe poll(&request, 1, -1)
    }
}
