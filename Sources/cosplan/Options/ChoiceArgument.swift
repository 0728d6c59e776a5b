import ArgumentParser

/// An enum whose raw values are the words of an option.
///
/// Lists its words itself: the parser's own lists are made by reflection, once an option at every start.
protocol ChoiceArgument: ExpressibleByArgument, CaseIterable, RawRepresentable where RawValue == String {}

extension ChoiceArgument {
    /// The case of this word.
    public init?(argument: String) { self.init(rawValue: argument) }

    /// The word.
    public var defaultValueDescription: String { rawValue }

    /// All words.
    public static var allValueStrings: [String] { allCases.map { $0.rawValue } }

    /// The words say what they mean.
    public static var allValueDescriptions: [String: String] { [:] }
}
