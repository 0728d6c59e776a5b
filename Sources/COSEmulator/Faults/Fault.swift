import PlanCore

/// A misbehaviour of the emulator: which requests it hits and what it does to them.
///
/// Of several faults that hit one request, the first in the list acts.
public struct Fault: Hashable, Sendable {
    /// The operation it hits; nil for any.
    public var operation: EmulatedOperation?
    /// The object's key it hits; nil for any.
    public var key: ObjectKey?
    /// The first request it hits, counted from 1 among those of its operation and key.
    public var nth: Int
    /// How many in a row it hits from there; nil for all.
    public var times: Int?
    /// What it does.
    public var action: FaultAction

    /// A fault with these fields; by default it hits the first request there is.
    public init(
        _ action: FaultAction, operation: EmulatedOperation? = nil, key: ObjectKey? = nil, nth: Int = 1,
        times: Int? = 1
    ) {
        precondition(nth >= 1 && (times ?? 1) >= 1, "requests are counted from 1")
        self.action = action
        self.operation = operation
        self.key = key
        self.nth = nth
        self.times = times
    }

    /// Reads a fault from a script's fields.
    ///
    /// `op` (a word of ``EmulatedOperation``), `key`, `nth` (1), `times` (1, or `all`) and `do` with the
    /// fields of that action, which ``FaultAction`` names. Anything else is an error.
    ///
    /// - Throws: ``FaultError`` for the first field that is wrong.
    public init(fields: [ByteString: String]) throws(FaultError) {
        var rest = FaultFields(fields)
        operation = try rest.choice("op", from: EmulatedOperation.allCases, word: \.rawValue)
        key = try rest.key("key")
        nth = try rest.number("nth", 1...Int.max) ?? 1
        times = try rest.times("times")
        action = try FaultAction(&rest)
        try rest.expectNoMore(for: action.name)
    }
}
