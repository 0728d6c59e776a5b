import PlanCore

/// The fields of one fault in a script.
///
/// Each is removed when it is read; fields left at the end are errors.
struct FaultFields {
    private var fields: [ByteString: String]

    init(_ fields: [ByteString: String]) { self.fields = fields }

    mutating func text(_ name: String) -> String? { fields.removeValue(forKey: ByteString(name)) }

    /// Text without control characters, so that it can be sent in a header.
    mutating func headerText(_ name: String) throws(FaultError) -> String? {
        guard let found = text(name) else { return nil }
        guard found.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .controlCharacter(field: name, found: found)
        }
        return found
    }

    mutating func required(_ name: String, for action: String) throws(FaultError) -> String {
        guard let text = text(name) else { throw .missing(field: name, action: action) }
        return text
    }

    mutating func choice<Value>(
        _ name: String, from values: [Value], word: (Value) -> String
    ) throws(FaultError) -> Value? {
        guard let found = text(name) else { return nil }
        guard let value = values.first(where: { word($0) == found }) else {
            throw .notOneOf(field: name, found: found, choices: values.map(word))
        }
        return value
    }

    mutating func key(_ name: String) throws(FaultError) -> ObjectKey? {
        guard let found = text(name) else { return nil }
        do throws(ObjectKeyError) { return try ObjectKey(found) } catch { throw .badKey(error) }
    }

    mutating func number<Number: FixedWidthInteger>(
        _ name: String, _ range: ClosedRange<Number>
    ) throws(FaultError) -> Number? {
        guard let found = text(name) else { return nil }
        guard let number = Number(found), range.contains(number) else {
            throw .badNumber(
                field: name, found: found, lowest: Int64(range.lowerBound), highest: Int64(range.upperBound))
        }
        return number
    }

    mutating func requiredNumber(
        _ name: String, _ range: ClosedRange<Int64>, for action: String
    ) throws(FaultError) -> Int64 {
        guard let number = try number(name, range) else { throw .missing(field: name, action: action) }
        return number
    }

    mutating func code(_ name: String) throws(FaultError) -> Int64? {
        try number(name, -1_000_000...1_000_000)
    }

    mutating func times(_ name: String) throws(FaultError) -> Int? {
        if fields[ByteString(name)] == "all" {
            fields[ByteString(name)] = nil
            return nil
        }
        return try number(name, 1...Int.max) ?? 1
    }

    mutating func requiredSliceSize(_ name: String, for action: String) throws(FaultError) -> Int64 {
        let found = try required(name, for: action)
        guard let bytes = Int64(found), SliceSize.legal.contains(bytes) else {
            throw .notOneOf(field: name, found: found, choices: SliceSize.legal.map { "\($0)" })
        }
        return bytes
    }

    func expectNoMore(for action: String) throws(FaultError) {
        if let name = fields.keys.min() { throw .unknownField(field: name.text, action: action) }
    }
}
