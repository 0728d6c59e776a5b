import PlanCore

/// The keys a mapping may have, and where they were seen in the mapping now being read.
struct FieldNames {
    /// What the mapping is called in messages: `a file`.
    let owner: String
    private let names: [[UInt8]]
    private let required: Int
    private var seen: [Place?]

    /// Keys in the order they are written; the first `required` of them must be there.
    init(of owner: String, required: [StaticString], optional: [StaticString]) {
        self.owner = owner
        names = (required + optional).map { Array("\($0)".utf8) }
        self.required = required.count
        seen = Array(repeating: nil, count: names.count)
    }

    /// Begins another mapping.
    mutating func reset() {
        for index in seen.indices { seen[index] = nil }
    }

    /// The position of `name` among the keys; nil if it is none of them.
    func index(of name: [UInt8]) -> Int? {
        names.firstIndex(of: name)
    }

    /// Notes that key `index` stands at `place`; where it stood before, if it did.
    mutating func note(_ index: Int, at place: Place) -> Place? {
        if let before = seen[index] { return before }
        seen[index] = place
        return nil
    }

    /// The name of key `index`.
    func name(_ index: Int) -> String { String(decoding: names[index], as: UTF8.self) }

    /// All names, for a message.
    var list: String { names.indices.map(name).joined(separator: ", ") }

    /// The required keys not seen in this mapping.
    var missing: [String] { (0..<required).filter { seen[$0] == nil }.map(name) }
}
