/// A value and where it was read.
public struct Located<Value> {
    /// What was read.
    public let value: Value
    /// Where it begins.
    public let place: Place

    /// `value`, read at `place`.
    public init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
extension Located: Sendable where Value: Sendable {}
