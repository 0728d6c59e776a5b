import PlanCore

/// Reads keys and typed values from a text's events, and says what is wrong with them. A class because it is
/// a position in a text.
final class TextCursor {
    private let events: any TextEvents
    private var problems = ProblemList()
    private var depth = 0
    /// The keys so far that came with version 2 of the format.
    private(set) var newKeys = NewKeys()
    /// The scalar at hand is longer than a scalar may be, which has been said.
    private var isTooLong = false

    /// Mappings and lists inside each other that are still read, so that a text a little too deep is read on.
    static let readableDepth = 512

    init(_ events: any TextEvents) {
        self.events = events
    }

    /// Where the current event begins.
    var place: Place { events.place }
    /// The current event's scalar as text.
    var scalarText: String { String(decoding: events.scalar, as: UTF8.self) }

    /// Adds a problem at the current event.
    func report(_ rule: Rule, _ message: String) {
        problems.append(Problem(rule, at: events.place, message))
    }

    /// Hands over the problems found so far.
    func takeProblems() -> ProblemList? {
        guard !problems.kept.isEmpty else { return nil }
        defer { problems = ProblemList() }
        return problems
    }

    /// The next event, judged by what is refused everywhere.
    func next() throws(ReadFailure) -> TextEvent {
        let event = try events.next()
        if let feature = events.refusedFeature { report(.plainYAML, feature) }
        switch event {
        case .mappingStart, .listStart:
            depth += 1
            if depth == ManifestLimits.depth + 1 {
                report(.limits, "deeper than \(ManifestLimits.depth) levels")
            }
            guard depth <= Self.readableDepth else {
                throw .limit(at: place, "deeper than \(Self.readableDepth) levels")
            }
        case .mappingEnd, .listEnd: depth -= 1
        case .scalar:
            isTooLong = events.scalar.count > ManifestLimits.scalarBytes
            if isTooLong { report(.limits, "a scalar of more than \(ManifestLimits.scalarBytes) bytes") }
        default: break
        }
        return event
    }

    /// Reads past the value that began with `event`.
    func skip(_ event: TextEvent) throws(ReadFailure) {
        guard event == .mappingStart || event == .listStart else { return }
        let outside = depth - 1
        while depth > outside { _ = try next() }
    }

    /// Says that `name` must be `expected`, and reads past the value that began with `event`.
    func refuse(
        _ event: TextEvent, _ name: String, _ expected: String, advice: String = ""
    ) throws(ReadFailure) {
        if !isReported(event) {
            report(.type, "\(name) must be \(expected), found \(describe(event))\(advice)")
        }
        try skip(event)
    }

    private func isReported(_ event: TextEvent) -> Bool {
        if case .scalar = event { return isTooLong }
        return event == .alias
    }

    /// What kind of value the event begins.
    func kind(of event: TextEvent) -> String {
        switch event {
        case .mappingStart: "a mapping"
        case .listStart: "a list"
        case .alias: "an alias"
        case .scalar(.quoted): "text"
        case .scalar(.plain): events.scalar.isEmpty ? "empty" : "a single value"
        default: "empty"
        }
    }

    /// The event's value for a message.
    func describe(_ event: TextEvent) -> String {
        switch event {
        case .mappingStart: return "a mapping"
        case .listStart: return "a list"
        case .alias: return "an alias"
        case .scalar(let style):
            let shown = ByteString(cutting: Array(events.scalar.prefix(256))).text.escapedForDisplay(
                limit: 60)
            if style == .quoted { return "the text '\(shown)'" }
            return shown.isEmpty ? "nothing" : shown
        default: return "nothing"
        }
    }

    /// Begins another document.
    func forgetNewKeys() { newKeys = NewKeys() }

    /// Says which required keys a mapping at `place` lacks.
    func reportMissing<Field>(_ fields: FieldNames<Field>, at place: Place) {
        for name in fields.missing {
            problems.append(Problem(.requiredKey, at: place, "\(Field.owner) lacks \(name)"))
        }
    }
}

extension TextCursor {
    /// The next key of a mapping; nil at the mapping's end. Keys that are unknown or stand twice are reported
    /// and passed over with their values.
    func nextKey<Field>(_ fields: inout FieldNames<Field>) throws(ReadFailure) -> Field? {
        while true {
            let event = try next()
            if event == .mappingEnd { return nil }
            guard case .scalar(let style) = event else {
                if event != .alias { report(.type, "a key must be text, found \(describe(event))") }
                try skip(event)
                try skip(next())
                continue
            }
            if !isTooLong, let (field, before) = fields.take(events.scalar, at: place) {
                guard let before else {
                    if field.isNew { newKeys.note(field.rawValue, at: place) }
                    return field
                }
                report(
                    .duplicateKey,
                    "\(field.rawValue) stands twice in \(Field.owner), first in line \(before.line)")
                try skip(next())
            } else {
                try refuseKey(style, "\(Field.owner) has \(fields.list)")
            }
        }
    }

    /// Reports the scalar at hand as a key that isn't known, and reads past its value.
    private func refuseKey(_ style: ScalarStyle, _ known: String) throws(ReadFailure) {
        let name = events.scalar
        if isTooLong {
            try skipUnknown()
            return
        }
        let shown = ByteString(cutting: Array(name.prefix(256))).text.escapedForDisplay(limit: 60)
        if style == .plain, name.elementsEqual("<<".utf8) {
            report(.plainYAML, "a merge key (<<); write the keys themselves")
        } else if SecretKeys.resembles(name) {
            report(.secret, "key '\(shown)' looks like a secret's; credentials do not belong into a manifest")
        } else {
            report(.knownKey, "unknown key '\(shown)'; \(known)")
        }
        try skipUnknown()
    }

    /// Reads past a value whose form isn't known, looking for secrets among its keys.
    private func skipUnknown() throws(ReadFailure) {
        try lookThrough(next())
    }

    private func lookThrough(_ event: TextEvent) throws(ReadFailure) {
        switch event {
        case .mappingStart:
            while true {
                let key = try next()
                if key == .mappingEnd { return }
                if case .scalar = key, SecretKeys.resembles(events.scalar) {
                    report(
                        .secret, "a key that looks like a secret's; credentials do not belong into a manifest"
                    )
                }
                try lookThrough(key)
                try skipUnknown()
            }
        case .listStart:
            while true {
                let element = try next()
                if element == .listEnd { return }
                try lookThrough(element)
            }
        default: return
        }
    }
}

extension TextCursor {
    /// Reads an integer in plain decimal digits; nil, and a problem, for anything else.
    func integer(_ name: String) throws(ReadFailure) -> Located<Int64>? {
        let event = try next()
        if event == .scalar(.plain), let number = Self.integer(events.scalar) {
            return Located(number, at: place)
        }
        let isQuotedNumber = event == .scalar(.quoted) && Self.integer(events.scalar) != nil
        try refuse(
            event, name, "an integer in plain decimal digits and 64 bits",
            advice: isQuotedNumber ? "; leave the quotes out" : "")
        return nil
    }

    /// Reads text of at most `limit` bytes; nil, and a problem, for anything else.
    func text(
        _ name: String, limit: Int = ManifestLimits.scalarBytes
    ) throws(ReadFailure) -> Located<ByteString>? {
        let event = try next()
        guard try isText(event, name) else { return nil }
        guard events.scalar.count <= limit else {
            report(.limits, "\(name) of more than \(limit) bytes")
            return nil
        }
        guard let text = ByteString(validating: events.scalar) else { return nil }
        return Located(text, at: place)
    }

    /// Reads 40 lower-case hex digits; nil, and a problem, for anything else.
    func digest(_ name: String) throws(ReadFailure) -> Located<Digest>? {
        let event = try next()
        guard try isText(event, name) else { return nil }
        if let digest = Digest(hex: events.scalar) { return Located(digest, at: place) }
        let found =
            events.scalar.count == 40 ? describe(event) : describe(event) + " (\(events.scalar.count) bytes)"
        report(.digestForm, "\(name) must be 40 lower-case hex digits, found \(found)")
        return nil
    }

    /// Reads a checksum the way its service writes it; nil, and a problem, for anything else.
    func checksum(_ kind: ChecksumKind, _ name: String) throws(ReadFailure) -> Located<Checksum>? {
        let event = try next()
        guard try isText(event, name) else { return nil }
        if let checksum = Checksum(kind, text: events.scalar) { return Located(checksum, at: place) }
        report(.checksumForm, "\(name) must be \(kind.form), found \(describe(event))")
        return nil
    }

    private func isText(_ event: TextEvent, _ name: String) throws(ReadFailure) -> Bool {
        let isPlain = event == .scalar(.plain)
        if !isTooLong,
            event == .scalar(.quoted) || isPlain && !PlainScalar.readsAsOtherThanText(events.scalar)
        {
            return true
        }
        try refuse(event, name, "text", advice: isPlain && !events.scalar.isEmpty ? "; quote it" : "")
        return false
    }

    /// `0`, or decimal digits without a leading zero, `-` before them or not, within 64 bits.
    static func integer(_ digits: [UInt8]) -> Int64? {
        var rest = digits[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        guard let first = rest.first, first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var number: Int64 = 0
        for byte in rest {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (next, carry) = tens.addingReportingOverflow(isNegative ? -digit : digit)
            guard !overflow, !carry else { return nil }
            number = next
        }
        return number
    }
}
