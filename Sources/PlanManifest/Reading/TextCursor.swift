import PlanCore

/// Reads keys and typed values from the events of a text, and reports problems.
///
/// A class, because it is a position in a text.
final class TextCursor {
    private let events: any TextEvents
    private var problems = ProblemList()
    private var depth = 0
    /// The keys so far that exist only in version 2 of the format.
    private(set) var newKeys = NewKeys()
    /// Whether the current scalar exceeds the limit, which was already reported.
    private var isTooLong = false

    /// The nesting depth that is still read, so that a text slightly too deep can be checked further.
    static let readableDepth = 512

    init(_ events: any TextEvents) {
        self.events = events
    }

    /// The place of the current event.
    var place: Place { events.place }
    /// The current scalar as text.
    var scalarText: String { String(decoding: events.scalar, as: UTF8.self) }

    /// Reports a problem at the current event.
    func report(_ rule: Rule, _ message: String) {
        problems.append(Problem(rule, at: events.place, message))
    }

    /// Returns and clears the problems found so far.
    func takeProblems() -> ProblemList? {
        guard !problems.kept.isEmpty else { return nil }
        defer { problems = ProblemList() }
        return problems
    }

    /// The next event; reports what is refused everywhere.
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

    /// Skips the rest of the value that began with `event`.
    func skip(_ event: TextEvent) throws(ReadFailure) {
        guard event == .mappingStart || event == .listStart else { return }
        let outside = depth - 1
        while depth > outside { _ = try next() }
    }

    /// Reports that `name` must be `expected`, and skips the value that began with `event`.
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

    /// The kind of value that `event` begins.
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

    /// The value of `event`, for a message.
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

    /// Starts another document.
    func forgetNewKeys() { newKeys = NewKeys() }

    /// Reports the required keys missing from the mapping at `place`.
    func reportMissing<Field>(_ fields: FieldNames<Field>, at place: Place) {
        for name in fields.missing {
            problems.append(Problem(.requiredKey, at: place, "\(Field.owner) lacks \(name)"))
        }
    }
}

extension TextCursor {
    /// The next key of a mapping; nil at its end.
    ///
    /// Unknown and repeated keys are reported and skipped with their values.
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

    /// Reports the current scalar as an unknown key, and skips its value.
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

    /// Skips a value of unknown form, looking for secrets among its keys.
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
    /// Reads an integer in plain decimal digits; nil, with a problem, for anything else.
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

    /// Reads text of at most `limit` bytes; nil, with a problem, for anything else.
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

    /// Reads 40 lower-case hex digits; nil, with a problem, for anything else.
    func digest(_ name: String) throws(ReadFailure) -> Located<Digest>? {
        let event = try next()
        guard try isText(event, name) else { return nil }
        if let digest = Digest(hex: events.scalar) { return Located(digest, at: place) }
        let found =
            events.scalar.count == 40 ? describe(event) : describe(event) + " (\(events.scalar.count) bytes)"
        report(.digestForm, "\(name) must be 40 lower-case hex digits, found \(found)")
        return nil
    }

    /// Reads a checksum in its service's notation; nil, with a problem, for anything else.
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

    /// Parses `0`, or decimal digits without a leading zero and with an optional `-`, within 64 bits; nil for
    /// anything else.
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
