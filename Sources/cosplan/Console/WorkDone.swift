import PlanCore

/// What `-v` prints for a finished file.
struct WorkDone: CustomStringConvertible {
    /// For example `a.bin: 2.50 MiB, 3 parts`.
    let description: String

    init(_ path: LocalPath, _ bytes: Int64, parts: Int) {
        description = "\(path): \(ByteText.size(bytes)), \(counted(parts, "part"))"
    }

    /// For example `planned 2 files, 2.50 MiB, in 0.01s (250 MiB/s)`.
    static func summary(_ verb: String, _ files: Int, _ bytes: Int64, in time: Duration) -> String {
        "\(verb) \(counted(files, "file")), \(ByteText.size(bytes)), \(pace(bytes, in: time))"
    }

    /// For example `in 0.01s`.
    static func time(_ time: Duration) -> String {
        let seconds = time / .seconds(1)
        return "in "
            + (seconds < 10
                ? ByteText.fixed(seconds, decimals: 2) + "s" : ByteText.duration(seconds: seconds))
    }

    /// For example `in 0.01s (250 MiB/s)`.
    private static func pace(_ bytes: Int64, in time: Duration) -> String {
        let seconds = time / .seconds(1)
        guard seconds > 0 else { return Self.time(time) }
        return "\(Self.time(time)) (\(ByteText.rate(bytesPerSecond: Double(bytes) / seconds)))"
    }
}
