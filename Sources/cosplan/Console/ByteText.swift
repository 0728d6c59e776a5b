/// Formats and parses sizes; K, M and G are powers of 1024.
enum ByteText {
    /// `bytes` with a binary unit and three significant digits, such as `1.50 GiB`; below 1 KiB in bytes.
    static func size(_ bytes: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard bytes >= 1024 else { return "\(bytes) B" }
        var value = Double(bytes) / 1024
        var unit = 0
        while value >= 1023.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(fixed(value, decimals: value < 10 ? 2 : value < 100 ? 1 : 0)) \(units[unit])"
    }

    /// A rate, such as `1.20 GiB/s`.
    static func rate(bytesPerSecond: Double) -> String {
        size(Int64(bytesPerSecond.isFinite ? max(0, min(bytesPerSecond, 9e15)) : 0)) + "/s"
    }

    /// A duration, such as `07s`, `4m07s`, `2h04m` or `3d02h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds < 8.64e8 else { return "-" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m\(twoDigits(whole % 60))s"
        case ..<86400: return "\(whole / 3600)h\(twoDigits(whole / 60 % 60))m"
        default: return "\(whole / 86400)d\(twoDigits(whole / 3600 % 24))h"
        }
    }

    /// Parses a number of bytes with an optional K, M or G (also `KiB`, `MB` …); nil if it is malformed.
    static func parse(_ text: String) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let number = Int64(digits) else { return nil }
        let factor: Int64
        switch text.dropFirst(digits.count).lowercased() {
        case "", "b": factor = 1
        case "k", "kb", "kib": factor = 1 << 10
        case "m", "mb", "mib": factor = 1 << 20
        case "g", "gb", "gib": factor = 1 << 30
        default: return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }

    /// `value` with `decimals` digits after the point.
    static func fixed(_ value: Double, decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((value * scale).rounded())
        guard decimals > 0 else { return String(scaled) }
        let fraction = String(scaled % Int64(scale))
        return "\(scaled / Int64(scale))." + String(repeating: "0", count: decimals - fraction.count)
            + fraction
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
