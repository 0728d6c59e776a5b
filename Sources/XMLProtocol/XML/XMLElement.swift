import PlanCore

/// An element of an XML document: its name, the text directly inside it, and its children.
///
/// Prefixes of names are dropped and attributes are not kept: the service's documents need neither.
package struct XMLElement: Hashable, Sendable {
    /// The local name.
    package let name: String
    /// The character data directly inside, pieces joined.
    package var text: String
    /// In document order.
    package var children: [XMLElement]

    /// An element with this text.
    package init(_ name: String, _ text: String = "") {
        self.name = name
        self.text = text
        children = []
    }

    /// An element with these children.
    package init(_ name: String, _ children: [XMLElement]) {
        self.name = name
        text = ""
        self.children = children
    }

    /// Reads a whole document, white space before it included.
    ///
    /// - Throws: ``XMLError`` for what is not well-formed, not UTF-8, declares a DOCTYPE or is beyond `limits`.
    package init(document bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) {
        let reader = try XMLReader(limits: limits)
        try reader.append(bytes)
        self = try reader.finish()
    }

    /// The child of that name; nil where there is none or more than one.
    package subscript(name: String) -> XMLElement? {
        let found = all(name)
        return found.count == 1 ? found[0] : nil
    }

    /// Every child of that name.
    package func all(_ name: String) -> [XMLElement] {
        children.filter { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The text of the child of that name, without white space at its ends; nil where there is none or more than one.
    package func text(_ name: String) -> String? {
        guard let text = self[name]?.text else { return nil }
        let bytes = text.utf8
        guard let first = bytes.firstIndex(where: { !$0.isXMLSpace }),
            let last = bytes.lastIndex(where: { !$0.isXMLSpace })
        else { return "" }
        return String(text[first...last])
    }

    /// The document's bytes, with a declaration, without white space between elements.
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
            // Read back as a line feed if it stood as it is.
            case 0x0d: bytes.append(contentsOf: "&#13;".utf8)
            default: bytes.append(byte)
            }
        }
        for child in children { child.append(to: &bytes) }
        bytes.append(contentsOf: "</\(name)>".utf8)
    }
}

extension UInt8 {
    /// Whether XML takes it as white space.
    var isXMLSpace: Bool { self == 0x20 || self == 0x0a || self == 0x0d || self == 0x09 }
}

/// What a document may be at most.
package struct XMLLimits: Hashable, Sendable {
    /// How long. **Unit**: bytes, white space before the document not counted.
    package var bytes = 8 << 20
    /// How deep elements may nest.
    package var depth = 16
    /// How many elements; a listing of 10,000 parts has about 80,000.
    package var elements = 200_000

    package init() {}
}
