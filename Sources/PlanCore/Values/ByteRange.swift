/// A run of bytes of one file. **Unit**: bytes from the start of the file.
public struct ByteRange: Hashable, Sendable {
    /// Where it begins.
    public let offset: Int64
    /// How long it is; not negative.
    public let length: Int64

    /// The `length` bytes from `offset`.
    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }

    /// The first byte after it.
    public var end: Int64 { offset + length }
}

extension ByteRange: CustomStringConvertible {
    public var description: String { "offset \(offset), length \(length)" }
}

extension Int64 {
    /// The sum, or the largest number where it would be more: for totals that are only shown.
    package func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
