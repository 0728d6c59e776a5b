import ArgumentParser

/// A number of bytes on the command line: `1048576`, `512K`, `1M`, `2G`.
struct ByteCountArgument: ExpressibleByArgument, Sendable {
    /// The number.
    var bytes: Int64

    init(bytes: Int64) { self.bytes = bytes }

    init?(argument: String) {
        guard let bytes = ByteText.parse(argument) else { return nil }
        self.bytes = bytes
    }

    var defaultValueDescription: String {
        bytes % 1_048_576 == 0 ? "\(bytes >> 20)M" : bytes % 1024 == 0 ? "\(bytes >> 10)K" : "\(bytes)"
    }
}
