import ArgumentParser

/// A number of bytes on the command line: `1048576`, `512K`, `1M`, `2G`.
///
/// As the type of an option it says nothing of a text that is none; the option's `transform` should be
/// ``read(_:)``, which does.
struct ByteCountArgument: ExpressibleByArgument, Sendable {
    /// The number.
    var bytes: Int64

    init(bytes: Int64) { self.bytes = bytes }

    init?(argument: String) {
        guard let bytes = ByteText.parse(argument) else { return nil }
        self.bytes = bytes
    }

    /// The number that `text` stands for.
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
