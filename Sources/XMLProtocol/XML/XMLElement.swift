import PlanCore

/// An element of an XML document: its name, the text directly inside it, and its children.
///
/// Prefixes of names and all attributes are dropped: the service's documents need neither.
package struct XMLElement: Hashable, Sendable {
    /// The local name.
    package let name: String
    /// The character data directly inside, concatenated.
    package var text: String
    /// In document order.
    package var children: [XMLElement]

    /// Creates an element with text.
    package init(_ name: String, _ text: String = "") {
        self.name = name
        self.text = text
        children = []
    }

    /// Creates an element with children.
    package init(_ name: String, _ children: [XMLElement]) {
        self.name = name
        text = ""
        self.children = children
    }

    /// Parses a complete document; leading white space is skipped.
    ///
    /// - Throws: ``XMLError`` if it is malformed, is not UTF-8, declares a DOCTYPE or exceeds `limits`.
    package init(document bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) {
        let reader = try XMLReader(limits: limits)
        try reader.append(bytes)
        self = try reader.finish()
    }

    /// The only child with that name; nil if there is none or more than one.
    package subscript(name: String) -> XMLElement? {
        let found = all(name)
        return found.count == 1 ? found[0] : nil
    }

    /// All children with that name.
    package func all(_ name: String) -> [XMLElement] {
        children.filter { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The text of the only child with that name, without surrounding white space; nil if there is no such
    /// child or more than one.
    package func text(_ name: String) -> String? {
        guard let text = self[name]?.text else { return nil }
        let bytes = text.utf8
        guard let first = bytes.firstIndex(where: { !$0.isXMLSpace }),
            let last = bytes.lastIndex(where: { !$0.isXMLSpace })
        else { return "" }
        return String(text[first...last])
    }

    /// The document as bytes, with a declaration, without white space between elements.
    package var document: [UInt8] {
        var bytes = Array(#"<?xml version="1.0" encoding="UTF-8"?>"#.utf8)
        append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "<\(name)>".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            // Unescaped it would be read back as a line feed.
            case 0x0d: bytes.append(contentsOf: "&#13;".utf8)
            default: bytes.append(byte)
            }
        }
        for child in children { child.append(to: &bytes) }
        bytes.append(contentsOf: "</\(name)>".utf8)
    }
}

extension UInt8 {
    /// Whether it is white space in XML.
    var isXMLSpace: Bool { self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09 }
}

/// The limits of a document.
package struct XMLLimits: Hashable, Sendable {
    /// The maximum length.
    ///
    /// **Unit**: bytes, without leading white space.
    package var bytes = 8 << 20
    /// The maximum nesting depth.
    package var depth = 16
    /// The maximum number of elements; a listing of 10,000 parts has about 80,000.
    package var elements = 200_000

    package init() {}
}
