import PlanCore

/// A small YAML text of settings: mappings of scalars, read as strictly as a manifest.
///
/// Used for the credentials profile and the emulator's fault scripts. Its errors name keys and places, never
/// values.
package enum SettingsText {
    /// A mapping of scalars.
    package struct Mapping: Hashable, Sendable {
        /// The place of the mapping.
        package let place: Place
        /// The values by key; numbers as written.
        package let fields: [ByteString: String]
    }

    /// Reads a text that is one mapping.
    ///
    /// `keys` are the keys it may have; nil allows any. If given, no error repeats an unknown key, which may
    /// be a misplaced secret.
    ///
    /// - Throws: ``SettingsError``; what the byte source throws.
    package static func mapping(_ source: any ByteSource, keys: [String]? = nil) throws -> Mapping {
        try read(source) { (cursor) throws(SettingsFailure) in
            let root = try cursor.next()
            guard root == .mappingStart else {
                throw .wrong(cursor.place, "the text is \(cursor.kind(of: root)), not a mapping")
            }
            return try readMapping(cursor, keys: keys)
        }
    }

    /// Mappings by their names, such as profiles; or one without a name.
    package struct Sections: Hashable, Sendable {
        /// The values that stand without a name; nil where names are given.
        package var unnamed: Mapping?
        /// By name.
        package var named: [ByteString: Mapping] = [:]
    }

    /// The whole text: one mapping, or mappings by their names.
    ///
    /// `keys` are those that a mapping may have. No error repeats another key, or a name: what stands in its place may be a
    /// secret.
    ///
    /// - Throws: ``SettingsError``; what the byte source throws.
    package static func sections(_ source: any ByteSource, keys: [String]) throws -> Sections {
        try read(source) { (cursor) throws(SettingsFailure) in
            let root = try cursor.next()
            guard root == .mappingStart else {
                throw .wrong(cursor.place, "the text is \(cursor.kind(of: root)), not a mapping")
            }
            return try readSections(cursor, keys: keys)
        }
    }

    private static func readSections(_ cursor: Cursor, keys: [String]) throws(SettingsFailure) -> Sections {
        let place = cursor.place
        var sections = Sections()
        var fields: [ByteString: String] = [:]
        while true {
            let event = try cursor.next()
            if event == .mappingEnd { break }
            guard case .scalar = event else {
                throw .wrong(cursor.place, "a key is \(cursor.kind(of: event)), not text")
            }
            let (key, keyPlace) = (ByteString(cursor.text), cursor.place)
            let value = try cursor.next()
            if value == .mappingStart {
                guard isName(key) else {
                    throw .wrong(
                        keyPlace, "a name (not shown) has other characters than letters, digits and . _ -")
                }
                guard sections.named[key] == nil else {
                    throw .wrong(keyPlace, "a name (not shown) stands twice")
                }
                sections.named[key] = try readMapping(cursor, keys: keys)
            } else {
                try check(key, keyPlace, among: keys)
                guard fields[key] == nil else { throw .wrong(keyPlace, "\(key.text) stands twice") }
                guard case .scalar = value else {
                    throw .wrong(cursor.place, "\(key.text) is \(cursor.kind(of: value)), not a single value")
                }
                fields[key] = cursor.text
            }
            guard fields.isEmpty || sections.named.isEmpty else {
                throw .wrong(
                    keyPlace, "a name stands beside single values; give these a name, such as default")
            }
        }
        if !fields.isEmpty { sections.unnamed = Mapping(place: place, fields: fields) }
        return sections
    }

    /// Whether a text can be a name of such a mapping.
    package static func isName(_ text: ByteString) -> Bool {
        (1...64).contains(text.bytes.count)
            && text.bytes.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Refuses a key that is none of `keys`, without repeating it.
    private static func check(_ key: ByteString, _ place: Place, among keys: [String]) throws(SettingsFailure)
    {
        guard keys.contains(where: { $0.utf8.elementsEqual(key.bytes) }) else {
            throw .wrong(place, "unknown key (not shown); known are \(keys.joined(separator: " and "))")
        }
    }

    /// Reads a text that is a list of mappings.
    ///
    /// - Throws: ``SettingsError``; what the byte source throws.
    package static func list(_ source: any ByteSource) throws -> [Mapping] {
        var mappings: [Mapping] = []
        try forEachMapping(source) { mappings.append($0) }
        return mappings
    }

    /// Calls `body` with each mapping of a text that is a list of mappings, as it is read; `keys` as in
    /// ``mapping(_:keys:)``.
    ///
    /// - Throws: ``SettingsError``; what the byte source or `body` throws.
    package static func forEachMapping(
        _ source: any ByteSource, keys: [String]? = nil, _ body: (Mapping) throws -> Void
    ) throws {
        try read(source) { (cursor) throws(SettingsFailure) in
            let root = try cursor.next()
            guard root == .listStart else {
                throw .wrong(cursor.place, "the text is \(cursor.kind(of: root)), not a list")
            }
            while true {
                let event = try cursor.next()
                if event == .listEnd { return }
                guard event == .mappingStart else {
                    throw .wrong(
                        cursor.place, "an entry of the list is \(cursor.kind(of: event)), not a mapping")
                }
                let mapping = try readMapping(cursor, keys: keys)
                do { try body(mapping) } catch { throw SettingsFailure.source(error) }
            }
        }
    }

    /// Why reading stopped.
    private enum SettingsFailure: Error {
        case wrong(Place, String)
        case source(any Error)
    }

    /// A cursor that throws failures of settings.
    private struct Cursor {
        let cursor: TextCursor

        var place: Place { cursor.place }

        func kind(of event: TextEvent) -> String { cursor.kind(of: event) }

        func next() throws(SettingsFailure) -> TextEvent {
            do throws(ReadFailure) {
                let event = try cursor.next()
                if let problem = cursor.takeProblems()?.kept.first {
                    throw ReadFailure.stopped(problem)
                }
                return event
            } catch {
                throw SettingsText.failure(error)
            }
        }

        /// The current scalar as text.
        var text: String { cursor.scalarText }
    }

    private static func failure(_ error: ReadFailure) -> SettingsFailure {
        switch error {
        case .stopped(let problem): .wrong(problem.place, problem.message)
        case .source(let error): .source(error)
        }
    }

    private static func read<Value>(
        _ source: any ByteSource, _ body: (Cursor) throws(SettingsFailure) -> Value
    ) throws -> Value {
        do throws(SettingsFailure) {
            let cursor = Cursor(cursor: try open(source))
            guard try cursor.next() == .documentStart else {
                throw .wrong(cursor.place, "there is no document")
            }
            let value = try body(cursor)
            while true {
                switch try cursor.next() {
                case .end: return value
                case .documentEnd: continue
                default: throw .wrong(cursor.place, "there is more than one document")
                }
            }
        } catch {
            switch error {
            case .wrong(let place, let message): throw SettingsError(place: place, message: message)
            case .source(let error): throw error
            }
        }
    }

    private static func open(_ source: any ByteSource) throws(SettingsFailure) -> TextCursor {
        do throws(ReadFailure) {
            let text = TextSource(source)
            try text.open()
            return TextCursor(text.format == .json ? JSONEvents(text) : try YAMLEvents(text))
        } catch {
            throw failure(error)
        }
    }

    private static func readMapping(
        _ cursor: Cursor, keys: [String]? = nil
    ) throws(SettingsFailure) -> Mapping {
        let place = cursor.place
        var fields: [ByteString: String] = [:]
        while true {
            let event = try cursor.next()
            if event == .mappingEnd { return Mapping(place: place, fields: fields) }
            guard case .scalar = event else {
                throw .wrong(cursor.place, "a key is \(cursor.kind(of: event)), not text")
            }
            let (key, keyPlace) = (ByteString(cursor.text), cursor.place)
            if let keys { try check(key, keyPlace, among: keys) }
            let shown = key.escapedForDisplay(limit: 60)
            guard fields[key] == nil else { throw .wrong(keyPlace, "\(shown) stands twice") }
            let value = try cursor.next()
            guard case .scalar = value else {
                throw .wrong(cursor.place, "\(shown) is \(cursor.kind(of: value)), not a single value")
            }
            fields[key] = cursor.text
        }
    }
}

/// Why a settings text is invalid; never contains a value of the text.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place of the error.
    package let place: Place
    /// What was found.
    package let message: String

    package init(place: Place, message: String) {
        self.place = place
        self.message = message
    }

    package var description: String { "line \(place.line), column \(place.column): \(message)" }
}
