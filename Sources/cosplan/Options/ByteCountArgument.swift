import ArgumentParser

/// A number of bytes on the command line: `1048576`, `512K`, `1M`, `2G`.
///
/// Give ``read(_:)`` as the option's `transform`: the plain conversion has no specific error message.
struct ByteCountArgument: ExpressibleByArgument, Sendable {
    /// The number.
    var bytes: Int64

    init(bytes: Int64) { self.bytes = bytes }

    init?(argument: String) {
        guard let bytes = ByteText.parse(argument) else { return nil }
        self.bytes = bytes
    }

    /// Parses `text`.
    ///
    /// - Throws: a `ValidationError` that says what is allowed.
    static func read(_ text: String) throws(ValidationError) -> ByteCountArgument {
        guard let size = ByteCountArgument(argument: text) else {
            throw ValidationError(
                "give a whole number of bytes, or of K, M or G (powers of 1024), such as 512K.")
        }
        return size
    }

    var defaultValueDescription: String {
        bytes % 1_048_576 == 0 ? "\(bytes >> 20)M" : bytes % 1024 == 0 ? "\(bytes >> 10)K" : "\(bytes)"
    }
}
