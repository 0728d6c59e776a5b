import PlanCore

/// Parses a JSON text (RFC 8259) strictly into the events of one document.
///
/// A class, because it is a position in a text.
final class JSONEvents: TextEvents {
    private(set) var place = Place(line: 1, column: 1)
    var scalar: [UInt8] { characters.scalar }
    let refusedFeature: String? = nil

    /// What may follow.
    private enum Expectation {
        case documentStart, rootValue
        case firstKey, key, colon, memberValue
        case firstElement, element
        case commaOrClose
        case documentEnd, end
    }

    private var characters: JSONCharacters
    private var expectation = Expectation.documentStart
    /// The open containers, outermost first; true for a mapping.
    private var open: [Bool] = []

    /// Parses `text`, which has been opened.
    init(_ text: TextSource) {
        characters = JSONCharacters(text)
    }

    func next() throws(ReadFailure) -> TextEvent {
        while true {
            switch expectation {
            case .documentStart:
                expectation = .rootValue
                return .documentStart
            case .documentEnd:
                expectation = .end
                return .documentEnd
            case .end:
                try refuseRest()
                return .end
            case .commaOrClose:
                if let event = try afterValue() { return event }
            case .colon:
                guard try nextByte(expecting: "':' after the key") == UInt8(ascii: ":") else {
                    throw unexpected("':' after the key")
                }
                characters.advance()
                expectation = .memberValue
            case .firstKey, .key:
                return try keyOrClose()
            case .firstElement, .element, .memberValue, .rootValue:
                return try value()
            }
        }
    }

    private func nextByte(expecting what: String) throws(ReadFailure) -> UInt8 {
        let byte = try characters.skipBlanks()
        place = characters.place
        guard let byte else {
            throw .malformed(at: place, "not well-formed JSON: expected \(what), found the end")
        }
        return byte
    }

    private func unexpected(_ what: String) -> ReadFailure {
        .malformed(
            at: place, "not well-formed JSON: expected \(what), found \(characters.currentForDisplay)")
    }

    private func afterValue() throws(ReadFailure) -> TextEvent? {
        guard let inMapping = open.last else {
            expectation = .documentEnd
            return nil
        }
        let what = inMapping ? "',' or '}'" : "',' or ']'"
        let byte = try nextByte(expecting: what)
        if byte == UInt8(ascii: ",") {
            characters.advance()
            expectation = inMapping ? .key : .element
            return nil
        }
        guard byte == UInt8(ascii: inMapping ? "}" : "]") else { throw unexpected(what) }
        return close()
    }

    private func close() -> TextEvent {
        characters.advance()
        expectation = .commaOrClose
        return open.popLast() == true ? .mappingEnd : .listEnd
    }

    private func keyOrClose() throws(ReadFailure) -> TextEvent {
        let what = expectation == .firstKey ? "a key in double quotes or '}'" : "a key in double quotes"
        let byte = try nextByte(expecting: what)
        if byte == UInt8(ascii: "}"), expectation == .firstKey { return close() }
        guard byte == UInt8(ascii: "\"") else { throw unexpected(what) }
        try characters.readString()
        expectation = .colon
        return .scalar(.quoted)
    }

    private func value() throws(ReadFailure) -> TextEvent {
        let byte = try nextByte(expecting: "a value")
        switch byte {
        case UInt8(ascii: "]") where expectation == .firstElement: return close()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isMapping = byte == UInt8(ascii: "{")
            open.append(isMapping)
            characters.advance()
            expectation = isMapping ? .firstKey : .firstElement
            return isMapping ? .mappingStart : .listStart
        case UInt8(ascii: "\""):
            try characters.readString()
            expectation = .commaOrClose
            return .scalar(.quoted)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"):
            try characters.readBareword()
            expectation = .commaOrClose
            return .scalar(.plain)
        default: throw unexpected("a value")
        }
    }

    private func refuseRest() throws(ReadFailure) {
        guard try characters.skipBlanks() != nil else { return }
        throw .malformed(
            at: characters.place,
            "a JSON manifest is one value, and here begins more; put all files into one list, or write YAML, "
                + "whose documents can be concatenated")
    }
}
