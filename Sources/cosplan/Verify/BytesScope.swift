import ArgumentParser
import PlanCore

/// Which of the planned bytes `verify --bytes` looks at.
enum BytesScope: Sendable {
    case all
    /// One machine's shard of the parts.
    case shard(ShardNumber)
    /// Some parts, drawn by a seed.
    case sample(SampleFraction, seed: UInt64)
}

/// How large a sample is: `5%`.
struct SampleFraction: Sendable, ExpressibleByArgument {
    /// As it was written, without `%`.
    let percent: String
    /// Of all parts: more than 0, at most 1.
    let fraction: Double

    init?(argument: String) {
        guard let read = try? Self.read(argument) else { return nil }  // the option's transform says why
        self = read
    }

    private init(percent: String, fraction: Double) {
        self.percent = percent
        self.fraction = fraction
    }

    /// The fraction that `text` names.
    static func read(_ text: String) throws(ValidationError) -> SampleFraction {
        let percent = text.dropLast()
        let digits = percent.utf8.allSatisfy { 48...57 ~= $0 || $0 == UInt8(ascii: ".") }
        guard text.utf8.last == UInt8(ascii: "%"), digits, let value = Double(percent), value > 0,
            value <= 100
        else { throw ValidationError("give more than 0% and at most 100%, such as 5% or 0.5%.") }
        return SampleFraction(percent: String(percent), fraction: value / 100)
    }
}
