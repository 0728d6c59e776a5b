import CLibYAML
import PlanCore

/// Parses a YAML text with libyaml's event parser.
///
/// A class, because libyaml keeps a pointer to it.
///
/// It owns its two pointers from `init` to `deinit`.
@safe final class YAMLEvents: TextEvents {
    private(set) var place = Place(line: 1, column: 1)
    private(set) var scalar: [UInt8] = []
    private(set) var refusedFeature: String?

    private let text: TextSource
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let event: UnsafeMutablePointer<yaml_event_t>
    private var failure: ReadFailure?
    private var chunk: [UInt8] = []
    private var chunkPosition = 0

    /// Parses `text`, which has been opened.
    init(_ text: TextSource) throws(ReadFailure) {
        self.text = text
        unsafe parser = .allocate(capacity: 1)
        unsafe event = .allocate(capacity: 1)
        unsafe event.initialize(to: yaml_event_t())
        unsafe parser.initialize(to: yaml_parser_t())
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            throw .limit(at: place, "no memory for the YAML parser")
        }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input(
            parser,
            { context, buffer, size, count in
                guard let context = unsafe context, let buffer = unsafe buffer, let count = unsafe count
                else { return 0 }
                let events = unsafe Unmanaged<YAMLEvents>.fromOpaque(context).takeUnretainedValue()
                let space = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: size)
                guard let copied = unsafe events.copy(into: space) else { return 0 }
                unsafe count.pointee = copied
                return 1
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe event.deallocate()
    }

    func next() throws(ReadFailure) -> TextEvent {
        while true {
            guard unsafe yaml_parser_parse(parser, event) == 1 else { throw failure ?? parserFailure }
            text.mark()
            defer { unsafe yaml_event_delete(event) }
            let start = unsafe event.pointee.start_mark
            place = Place(line: start.line + 1, column: start.column + 1)
            refusedFeature = nil
            if let event = translated { return event }
        }
    }

    /// libyaml's event; nil for the start of the stream.
    private var translated: TextEvent? {
        switch unsafe event.pointee.type {
        case YAML_SCALAR_EVENT:
            let found = unsafe event.pointee.data.scalar
            unsafe refuse(anchor: found.anchor != nil, tag: found.tag != nil)
            let length = min(unsafe found.length, ManifestLimits.scalarBytes + 1)
            scalar.removeAll(keepingCapacity: true)
            unsafe scalar.append(contentsOf: UnsafeBufferPointer(start: found.value, count: length))
            return .scalar(unsafe found.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted)
        case YAML_MAPPING_START_EVENT:
            let found = unsafe event.pointee.data.mapping_start
            unsafe refuse(anchor: found.anchor != nil, tag: found.tag != nil)
            return .mappingStart
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_SEQUENCE_START_EVENT:
            let found = unsafe event.pointee.data.sequence_start
            unsafe refuse(anchor: found.anchor != nil, tag: found.tag != nil)
            return .listStart
        case YAML_SEQUENCE_END_EVENT: return .listEnd
        case YAML_ALIAS_EVENT:
            refusedFeature = "an alias (*name); write the value itself"
            return .alias
        case YAML_DOCUMENT_START_EVENT:
            let found = unsafe event.pointee.data.document_start
            if unsafe found.version_directive != nil
                || found.tag_directives.start != found.tag_directives.end
            {
                refusedFeature = "a %directive; leave it out"
            }
            return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_START_EVENT: return nil
        default: return .end
        }
    }

    private func refuse(anchor: Bool, tag: Bool) {
        if anchor {
            refusedFeature = "an anchor (&name); leave it out"
        } else if tag {
            refusedFeature = "a tag (!type); leave it out"
        }
    }

    /// Fills libyaml's buffer; nil if the text cannot be read further.
    private func copy(into space: UnsafeMutableRawBufferPointer) -> Int? {
        if chunkPosition == chunk.count {
            do throws(ReadFailure) {
                chunk = try text.nextChunk()
                chunkPosition = 0
            } catch {
                failure = error
                return nil
            }
        }
        let count = min(space.count, chunk.count - chunkPosition)
        unsafe space.copyBytes(from: chunk[chunkPosition..<chunkPosition + count])
        chunkPosition += count
        return count
    }

    private var parserFailure: ReadFailure {
        let state = unsafe parser.pointee
        guard unsafe state.error != YAML_MEMORY_ERROR else { return .limit(at: place, "no memory left") }
        let mark = unsafe state.problem_mark
        let at = Place(line: mark.line + 1, column: mark.column + 1)
        var message = "not well-formed YAML"
        if let problem = unsafe state.problem { message += unsafe ": " + String(cString: problem) }
        if let context = unsafe state.context {
            message += unsafe " " + String(cString: context)
            let line = unsafe state.context_mark.line + 1
            if line != at.line { message += " (begun in line \(line))" }
        }
        return .malformed(at: at, message)
    }
}
