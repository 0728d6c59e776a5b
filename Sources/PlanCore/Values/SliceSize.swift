/// How many bytes of the file one `upload_slice_data` request carries.
///
/// **Unit**: bytes. **Source**: the init page, parameter `slice_size`.
public struct SliceSize: Hashable, Sendable {
    /// The sizes the service accepts, in bytes, smallest first.
    public static let legal: [Int64] = [524_288, 1_048_576, 2_097_152, 3_145_728]

    /// 1 MiB, the size that every SDK supports.
    public static let standard = SliceSize(unchecked: 1_048_576)

    /// The size in bytes.
    public let bytes: Int64

    /// Creates a slice size.
    ///
    /// - Throws: ``SliceSizeError`` for a size the service does not accept.
    public init(bytes: Int64) throws(SliceSizeError) {
        guard Self.legal.contains(bytes) else { throw .notOffered(bytes: bytes) }
        self.bytes = bytes
    }

    private init(unchecked bytes: Int64) { self.bytes = bytes }
}

/// Why a number is not a valid slice size.
public enum SliceSizeError: Error, Hashable, CustomStringConvertible {
    /// The service accepts four sizes; `bytes` is none of them.
    case notOffered(bytes: Int64)

    /// One line: what was found and what is allowed.
    public var description: String {
        switch self {
        case .notOffered(let bytes):
            "slice_size \(bytes) is not one of \(SliceSize.legal.map(String.init).joined(separator: ", "))"
        }
    }
}
