import COSProtocol
import NIOCore
import PlanCore

// The parts of the form, as they come.
extension IncomingJSONRequest {
    func partBegan(_ head: PartHead) {
        field = .ignored
        guard !isDiscarding else { return }
        do throws(Refusal) {
            let name = try UploadForm.name(head.name)
            fieldBytes = 0
            switch name {
            case WireName.fileContent: try contentBegan()
            case WireName.uploadParts:
                field = .uploadParts(UploadPartsReader(limit: service.limits.uploadParts))
            default: field = .other(name: name, value: [])
            }
        } catch { refuse(error) }
    }

    private func contentBegan() throws(Refusal) {
        guard form.contentLength == nil else {
            field = .repeatedContent(RepeatedContent(of: intake?.bytes ?? form.content))
            return
        }
        form.contentLength = 0
        field = .content
        if operation == .data, form[WireName.session] != nil, form[WireName.offset] != nil, let address {
            intake = try service.beginSlice(form, at: address)
        }
    }

    func partContinued(_ bytes: ByteBuffer) {
        guard !isDiscarding else { return }
        switch field {
        case .ignored: return
        case .content: takeContent(bytes)
        case .repeatedContent(var repeated):
            guard repeated.take(bytes) else { return refuse(UploadForm.differs(WireName.fileContent)) }
            field = .repeatedContent(repeated)
        case .uploadParts(var reader):
            field = .ignored
            guard isShort(WireName.uploadParts, bytes, service.limits.uploadPartsBytes) else { return }
            let count = reader.count
            unsafe bytes.withUnsafeReadableBytes { unsafe reader.take($0) }
            // A growing array may reserve twice its count.
            guard hold((reader.count - count) * 2 * MemoryLayout<Digest>.stride) else { return }
            field = .uploadParts(reader)
        case .other(let name, var value):
            field = .ignored
            guard isShort(name, bytes, service.limits.fieldBytes), hold(bytes.readableBytes) else { return }
            value.append(contentsOf: bytes.readableBytesView)
            field = .other(name: name, value: value)
        }
    }

    /// Counts a field's bytes; refuses and returns false if it exceeds `limit`.
    private func isShort(_ name: String, _ bytes: ByteBuffer, _ limit: Int) -> Bool {
        fieldBytes += bytes.readableBytes
        guard fieldBytes > limit else { return true }
        refuse(.form("\(name.escapedForDisplay(limit: 80)) is longer than \(limit) bytes"))
        return false
    }

    func partEnded() {
        guard !isDiscarding else { return }
        let ended = field
        field = .ignored
        do throws(Refusal) {
            switch ended {
            case .ignored, .content: break
            case .repeatedContent(let repeated):
                guard repeated.isComplete else { throw UploadForm.differs(WireName.fileContent) }
            case .uploadParts(let reader): try form.add(reader)
            case .other(let name, let value):
                try form.add(name, value)
                if name == WireName.op { understand(String(decoding: value, as: UTF8.self)) }
            }
        } catch { refuse(error) }
    }

    private func takeContent(_ bytes: ByteBuffer) {
        let length = (form.contentLength ?? 0) + Int64(bytes.readableBytes)
        form.contentLength = length
        let limit = intake?.range.length ?? service.limits.simpleUploadBytes
        guard length <= limit else {
            return refuse(.form("filecontent is longer than \(limit) bytes"))
        }
        guard hold(bytes.readableBytes) else { return }
        if intake != nil {
            intake?.take(bytes)
        } else {
            form.content.append(bytes)
        }
    }

    /// Reserves memory that is held until the request is answered; refuses if there is none left.
    private func hold(_ count: Int) -> Bool {
        guard service.held.take(count) else {
            refuse(.busy("\(service.limits.heldBytes) bytes are being received already"))
            return false
        }
        heldBytes += count
        return true
    }
}

/// Passes the parts of a form to the request.
struct FormSink: MultipartReader.Sink {
    let exchange: IncomingJSONRequest

    func partBegan(_ head: PartHead) { exchange.partBegan(head) }
    func partContinued(_ bytes: ByteBuffer) { exchange.partContinued(bytes) }
    func partEnded() { exchange.partEnded() }
}

/// Compares a repeated `filecontent` with the first one.
struct RepeatedContent {
    private var rest: ArraySlice<ByteBuffer>

    init(of content: [ByteBuffer]) { rest = content[...] }

    /// Takes the next bytes; returns whether they equal the first content.
    mutating func take(_ bytes: ByteBuffer) -> Bool {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            guard var expected = rest.popFirst() else { return false }
            let count = min(expected.readableBytes, bytes.readableBytes)
            guard expected.readSlice(length: count) == bytes.readSlice(length: count) else { return false }
            if expected.readableBytes > 0 { rest = [expected] + rest }
        }
        return true
    }

    /// Whether all of the first content was repeated.
    var isComplete: Bool { rest.allSatisfy { $0.readableBytes == 0 } }
}
