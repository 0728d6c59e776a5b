/// How many bytes of the file one entry of `uploadparts` covers.
///
/// **Unit**: bytes. **Source**: the vendor SDKs. Boundaries are multiples of 64; most SDKs compute digests
/// every 1 MiB, whatever the slice size.
public struct PartSize: Hashable, Sendable {
    /// Planned part sizes are multiples of this.
    package static let step: Int64 = 65_536
    /// The largest part size that can be planned.
    package static let largest: Int64 = 3_145_728

    /// The size in bytes.
    public let bytes: Int64

    /// Creates a part size.
    ///
    /// - Throws: ``PartSizeError`` unless `bytes` is a multiple of 64 KiB from 64 KiB to 3 MiB.
    public init(bytes: Int64) throws(PartSizeError) {
        guard bytes > 0, bytes <= Self.largest, bytes % Self.step == 0 else {
            throw .notPlannable(bytes: bytes)
        }
        self.bytes = bytes
    }

    /// The default part size for a slice size: the same up to 1 MiB, 1 MiB above.
    package init(for sliceSize: SliceSize) {
        bytes = min(sliceSize.bytes, 1_048_576)
    }
}

/// Why a number is not a valid part size.
public enum PartSizeError: Error, Hashable, CustomStringConvertible {
    /// Not a multiple of 64 KiB from 64 KiB to 3 MiB.
    case notPlannable(bytes: Int64)

    /// One line: what was found and what is allowed.
    public var description: String {
        switch self {
        case .notPlannable(let bytes):
            "part size \(bytes) is not a multiple of \(PartSize.step) from \(PartSize.step) to "
                + "\(PartSize.largest)"
        }
    }
}
