import COSProtocol
import NIOCore
import NIOHTTP1
import PlanCore

/// One request as it arrives: it reads the body, finds out what is asked, and checks it in the service's
/// order.
///
/// Lives on its connection's event loop. A class because the body's reader reports to it.
final class Exchange {
    /// What to do when the request has been read.
    enum Outcome {
        /// Nothing more: this is the answer.
        case reply(Reply)
        /// Take the slice.
        case slice(SliceIntake, Request)
        /// Do what is asked.
        case work(Request)
    }

    private enum Body {
        case none
        case form(MultipartReader)
        case json([UInt8])
    }

    private enum Field {
        case content
        case other(name: String, value: [UInt8])
        case ignored
    }

    let requestID: String
    private let service: Service
    private let head: HTTPRequestHead
    private let target: Result<RequestTarget, RequestTarget.Problem>
    /// What a fault does to it, known as soon as the operation is.
    private(set) var fault: FaultAction?
    private(set) var operation: ServiceOperation?
    /// How many bytes of the body were read.
    private(set) var bodyBytes: Int64 = 0
    private var body = Body.none
    private var form = Form()
    private var field = Field.ignored
    private var refusal: Refusal?
    private var isSignatureChecked = false
    private var intake: SliceIntake?
    private var heldBytes = 0

    init(_ head: HTTPRequestHead, _ service: Service) {
        self.head = head
        self.service = service
        requestID = RequestIdentity.requestID(now: service.configuration.now())
        do throws(RequestTarget.Problem) {
            target = .success(try RequestTarget(head.uri))
        } catch { target = .failure(error) }
        guard case .success(let target) = target else { return }
        switch head.method {
        case .GET: understand(target.query[ByteString(WireName.op)] ?? "")
        case .POST: chooseBody()
        default: refusal = .form("the method \(head.method.rawValue) is neither GET nor POST")
        }
    }

    deinit { letGo() }

    /// Gives back what the request holds. Its client may use the room as soon as it has the reply.
    func letGo() {
        if let intake { intake.session.end(intake.slice) }
        intake = nil
        form.content = []
        service.held.give(heldBytes)
        heldBytes = 0
    }

    /// The emulator's clock as this request sees it.
    var now: Int64 {
        if case .clockSkew(let seconds)? = fault { return service.configuration.now() &+ seconds }
        return service.configuration.now()
    }

    private func chooseBody() {
        let type = head.headers.first(name: "content-type") ?? ""
        guard type.lowercased().hasPrefix("multipart/form-data") else {
            body = .json([])
            return
        }
        do throws(MultipartError) {
            body = .form(try MultipartReader(contentType: type, limits: service.limits))
        } catch { refuse(.form("\(error)")) }
    }

    // MARK: Reading

    /// Takes the next bytes of the body.
    func take(_ buffer: ByteBuffer) {
        bodyBytes += Int64(buffer.readableBytes)
        guard bodyBytes <= service.limits.bodyBytes else {
            return refuse(.form("the body is longer than \(service.limits.bodyBytes) bytes"))
        }
        guard !isDiscarding else { return }
        switch body {
        case .none: return
        case .json(var text):
            body = .none
            text.append(contentsOf: buffer.readableBytesView)
            body = .json(text)
            guard text.count <= service.limits.fieldBytes else {
                return refuse(.form("the body is no form and longer than \(service.limits.fieldBytes) bytes"))
            }
        case .form(var reader):
            body = .none
            var sink = FormSink(exchange: self)
            do throws(MultipartError) {
                try reader.take(buffer, into: &sink)
                body = .form(reader)
            } catch { refuse(.form("\(error)")) }
        }
    }

    /// Whether the rest of the body changes nothing any more: it is read and forgotten.
    private var isDiscarding: Bool {
        fault?.leavesWorkUndone ?? false || refusal != nil && operation != nil
    }

    /// Keeps the first refusal, and nothing else.
    private func refuse(_ refusal: Refusal) {
        guard self.refusal == nil else { return }
        self.refusal = refusal
        letGo()
    }

    /// The operation is known: which fault hits it, and is it signed?
    private func understand(_ word: String) {
        guard operation == nil, case .success(let target) = target else { return }
        guard let operation = ServiceOperation(rawValue: word), head.method == .POST || operation == .stat
        else {
            return refuse(
                Refusal(
                    .noOperation, "op is '\(word.escapedForDisplay(limit: 80))' in a \(head.method.rawValue)")
            )
        }
        self.operation = operation
        service.statistics.withLock { $0.requests[operation, default: 0] += 1 }
        fault = service.faults.action(for: operation, at: target.address)
        if let fault { service.statistics.withLock { $0.faults[fault.name, default: 0] += 1 } }
        checkSignature(target)
        if fault == .deadSession, refusal == nil { service.forgetUpload(at: target.address) }
    }

    private func checkSignature(_ target: RequestTarget) {
        isSignatureChecked = true
        let signature = head.headers.first(name: "authorization") ?? target.query["sign"] ?? ""
        do throws(Refusal) {
            try service.authorization.check(signature, for: target, operation, now: now)
        } catch {
            // Before anything that was found wrong with the form.
            refusal = nil
            refuse(error)
        }
    }

    // MARK: The form's parts

    func partBegan(_ head: PartHead) {
        field = .ignored
        guard !isDiscarding else { return }
        do throws(Refusal) {
            let name = try Form.name(head.name)
            guard name == WireName.fileContent else {
                field = .other(name: name, value: [])
                return
            }
            guard form.contentLength == nil else { throw .form("the field 'filecontent' is there twice") }
            form.contentLength = 0
            field = .content
            if operation == .data, form[WireName.session] != nil, form[WireName.offset] != nil,
                case .success(let target) = target
            {
                intake = try service.beginSlice(form, at: target.address)
            }
        } catch { refuse(error) }
    }

    func partContinued(_ bytes: ByteBuffer) {
        guard !isDiscarding else { return }
        switch field {
        case .ignored: return
        case .content: takeContent(bytes)
        case .other(let name, var value):
            field = .ignored
            let limit =
                name == WireName.uploadParts ? service.limits.uploadPartsBytes : service.limits.fieldBytes
            guard value.count + bytes.readableBytes <= limit else {
                return refuse(.form("\(name.escapedForDisplay(limit: 80)) is longer than \(limit) bytes"))
            }
            guard hold(bytes.readableBytes) else { return }
            value.append(contentsOf: bytes.readableBytesView)
            field = .other(name: name, value: value)
        }
    }

    func partEnded() {
        guard !isDiscarding, case .other(let name, let value) = field else { return }
        field = .ignored
        do throws(Refusal) {
            try form.add(name, value)
            if name == WireName.op { understand(String(decoding: value, as: UTF8.self)) }
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

    /// Takes room for bytes that stay until the request is answered; refuses where there is none.
    private func hold(_ count: Int) -> Bool {
        guard service.held.take(count) else {
            refuse(.busy("\(service.limits.heldBytes) bytes are being received already"))
            return false
        }
        heldBytes += count
        return true
    }

    // MARK: The end

    /// Called when the whole request was read.
    func end() -> Outcome {
        let target: RequestTarget
        switch self.target {
        case .failure(let problem): return .reply(reply(to: problem))
        case .success(let understood): target = understood
        }
        endBody()
        if let reply = fault?.reply(to: head.uri, by: service, requestID: requestID) { return .reply(reply) }
        if !isSignatureChecked { checkSignature(target) }
        if operation == nil { refuse(Refusal(.noOperation, "op lacks")) }
        if let refusal { return .reply(service.refusal(refusal, requestID: requestID)) }
        return outcome(target)
    }

    private func endBody() {
        guard !isDiscarding else { return }
        do throws(Refusal) {
            switch body {
            case .none: break
            case .form(let reader):
                do throws(MultipartError) { try reader.end() } catch { throw .form("\(error)") }
            case .json(let text):
                try JSONBody.read(text, into: &form)
                if let word = form[WireName.op] { understand(String(decoding: word, as: UTF8.self)) }
            }
        } catch { refuse(error) }
    }

    private func outcome(_ target: RequestTarget) -> Outcome {
        guard let operation else { return .reply(reply(to: .badQuery)) }
        var intake = intake
        if operation == .data, form.contentLength != nil, intake == nil {
            // The fields came after the content.
            do throws(Refusal) {
                var late = try service.beginSlice(form, at: target.address)
                for buffer in form.content { late.take(buffer) }
                form.content = []
                self.intake = late
                intake = late
            } catch { return .reply(service.refusal(error, requestID: requestID)) }
        }
        let request = Request(
            operation: operation, address: target.address, form: form, requestID: requestID, now: now,
            fault: fault)
        if let intake { return .slice(intake, request) }
        return .work(request)
    }

    private func reply(to problem: RequestTarget.Problem) -> Reply {
        switch problem {
        case .notThisService: .html(status: 404, requestID: requestID)
        case .badBucket: .malformedBucket(requestID: requestID)
        case .badPath(let found): service.refusal(Refusal(.badPath, found), requestID: requestID)
        case .badQuery: service.refusal(.form("the query does not read"), requestID: requestID)
        }
    }
}

/// Hands the parts of a form to its exchange.
private struct FormSink: MultipartReader.Sink {
    let exchange: Exchange

    func partBegan(_ head: PartHead) { exchange.partBegan(head) }
    func partContinued(_ bytes: ByteBuffer) { exchange.partContinued(bytes) }
    func partEnded() { exchange.partEnded() }
}
