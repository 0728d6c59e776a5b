import PlanCore

/// A fault to inject: which requests it applies to and what it does to them.
///
/// If several faults apply to one request, only the first in the list acts.
public struct Fault: Hashable, Sendable {
    /// The operation it applies to; nil for any.
    package var operation: EmulatedOperation?
    /// The object key it applies to; nil for any.
    package var key: ObjectKey?
    /// The first request it applies to, counted from 1 among those of its operation and key.
    package var nth: Int
    /// How many consecutive requests it applies to from there; nil for all.
    package var times: Int?
    /// What it does.
    package var action: FaultAction

    /// Creates a fault; by default it applies to the first request.
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

    /// Reads a fault from the fields of a script.
    ///
    /// The fields are `op` (a name of ``EmulatedOperation``), `key`, `nth` (1), `times` (1, or `all`) and
    /// `do` with the fields of that action, see ``FaultAction``. Any other field is an error.
    ///
    /// - Throws: ``FaultError`` for the first invalid field.
    package init(fields: [ByteString: String]) throws(FaultError) {
        var rest = FaultFields(fields)
        operation = try rest.choice("op", from: EmulatedOperation.allCases, word: \.rawValue)
        key = try rest.key("key")
        nth = try rest.number("nth", 1...Int.max) ?? 1
        times = try rest.times("times")
        action = try FaultAction(&rest)
        try rest.expectNoMore(for: action.name)
    }
}
