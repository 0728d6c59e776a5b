/// How much of the file one `upload_slice_data` request carries.
///
/// **Unit**: bytes. **Source**: the init page, parameter `slice_size`.
public struct SliceSize: Hashable, Sendable {
    /// The sizes the service offers, in bytes, smallest first.
    public static let legal: [Int64] = [524_288, 1_048_576, 2_097_152, 3_145_728]

    /// 1 MiB, the one size every SDK agrees on.
    public static let standard = SliceSize(unchecked: 1_048_576)

    /// The size in bytes.
    public let bytes: Int64

    /// - Throws: ``SliceSizeError`` for a size the service does not offer.
    public init(bytes: Int64) throws(SliceSizeError) {
        guard Self.legal.contains(bytes) else { throw .notOffered(bytes: bytes) }
        self.bytes = bytes
    }

    private init(unchecked bytes: Int64) { self.bytes = bytes }
}

/// Why a number is not a slice size.
public enum SliceSizeError: Error, Hashable, CustomStringConvertible {
    /// The service offers four sizes; `bytes` is none of them.
    case notOffered(bytes: Int64)

    public var description: String {
        switch self {
        case .notOffered(let bytes):
            "slice_size \(bytes) is not one of \(SliceSize.legal.map(String.init).joined(separator: ", "))"
        }
    }
}
