import CLibExpat

/// An incremental XML parser based on expat.
///
/// A class, because expat keeps a pointer to it.
///
/// A document with a DOCTYPE is refused before anything in it is read, so no entity other than XML's five is
/// ever expanded. The declared encoding is ignored: the document is read as UTF-8.
@safe package final class XMLReader {
    private let limits: XMLLimits
    private let parser: XML_Parser
    /// The open elements, outermost first.
    private var open: [XMLElement] = []
    private var root: XMLElement?
    private var elementCount = 0
    private var byteCount = 0
    private var failure: XMLError?

    /// Creates a parser at the start of a document.
    ///
    /// - Throws: ``XMLError/noMemory``.
    package init(limits: XMLLimits = XMLLimits()) throws(XMLError) {
        guard let parser = unsafe XML_ParserCreate("UTF-8") else { throw .noMemory }
        unsafe self.parser = parser
        self.limits = limits
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetElementHandler(
            parser, { context, name, _ in unsafe XMLReader.from(context)?.start(name) },
            { context, _ in unsafe XMLReader.from(context)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { context, text, count in
            unsafe XMLReader.from(context)?.characters(UnsafeBufferPointer(start: text, count: Int(count)))
        }
        unsafe XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            unsafe XMLReader.from(context)?.stop(.doctype)
        }
    }

    deinit { unsafe XML_ParserFree(parser) }

    /// Parses the next bytes.
    ///
    /// Skips white space before the document, which servers send to keep a connection alive.
    package func append(_ bytes: [UInt8]) throws(XMLError) {
        let rest = byteCount == 0 ? bytes.drop(while: \.isXMLSpace) : bytes[...]
        byteCount += rest.count
        guard byteCount <= limits.bytes else { throw .tooLong(limit: limits.bytes) }
        // expat would detect UTF-16 from such bytes.
        guard !rest.contains(0) else { throw .malformed(line: 1, what: "a NUL") }
        try parse(Array(rest), isLast: false)
    }

    /// The document's root element.
    ///
    /// - Throws: ``XMLError`` if the document is incomplete.
    package func finish() throws(XMLError) -> XMLElement {
        try parse([], isLast: true)
        guard let root else { throw .malformed(line: 1, what: "no element found") }
        return root
    }

    private func parse(_ bytes: [UInt8], isLast: Bool) throws(XMLError) {
        let status = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                unsafe XML_Parse(parser, characters.baseAddress, Int32(characters.count), isLast ? 1 : 0)
            }
        }
        if let failure { throw failure }
        guard status == XML_STATUS_OK else {
            let words = unsafe XML_ErrorString(XML_GetErrorCode(parser)).map { unsafe String(cString: $0) }
            throw .malformed(
                line: Int(unsafe XML_GetCurrentLineNumber(parser)), what: words ?? "not well-formed")
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> XMLReader? {
        unsafe context.map { unsafe Unmanaged<XMLReader>.fromOpaque($0).takeUnretainedValue() }
    }

    private func stop(_ error: XMLError) {
        failure = failure ?? error
        _ = unsafe XML_StopParser(parser, 0)
    }

    private func start(_ name: UnsafePointer<CChar>?) {
        guard failure == nil, let name = unsafe name else { return }
        elementCount += 1
        guard elementCount <= limits.elements else { return stop(.tooMany(limit: limits.elements)) }
        guard open.count < limits.depth else { return stop(.tooDeep(limit: limits.depth)) }
        let whole = unsafe String(cString: name)
        let local = whole.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).last
        open.append(XMLElement(local.flatMap { String($0) } ?? whole))
    }

    private func end() {
        guard failure == nil, let element = open.popLast() else { return }
        if let parent = open.indices.last {
            open[parent].children.append(element)
        } else {
            root = element
        }
    }

    private func characters(_ text: UnsafeBufferPointer<CChar>) {
        guard failure == nil, let index = open.indices.last else { return }
        open[index].text += unsafe text.withMemoryRebound(to: UInt8.self) { bytes in
            unsafe String(decoding: bytes, as: UTF8.self)
        }
    }
}

/// Why a document cannot be used.
package enum XMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not well-formed, or not UTF-8; `what` is the parser's message.
    case malformed(line: Int, what: String)
    /// It declares a DOCTYPE.
    case doctype
    /// Elements nest deeper than `limit`.
    case tooDeep(limit: Int)
    /// It has more than `limit` elements.
    case tooMany(limit: Int)
    /// It is longer than `limit`. **Unit**: bytes.
    case tooLong(limit: Int)
    /// The parser could not allocate memory.
    case noMemory

    package var description: String {
        switch self {
        case .malformed(let line, let what): "no well-formed XML: \(what) in line \(line)"
        case .doctype: "XML with a DOCTYPE, which is refused"
        case .tooDeep(let limit): "XML more than \(limit) elements deep"
        case .tooMany(let limit): "XML of more than \(limit) elements"
        case .tooLong(let limit): "XML of more than \(limit) bytes"
        case .noMemory: "no memory for the XML parser"
        }
    }
}
