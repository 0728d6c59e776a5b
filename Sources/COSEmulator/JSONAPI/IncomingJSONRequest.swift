import COSProtocol
import NIOCore
import NIOHTTP1
import PlanCore

/// A request of the JSON API while it arrives.
///
/// Finds the operation and makes the checks in the service's order.
///
/// A class, because the multipart reader calls back to it.
final class IncomingJSONRequest: IncomingRequest {
    private enum Body {
        case none
        case form(MultipartReader)
        case json([UInt8])
    }

    enum Field {
        case content
        /// A repeated `filecontent`: the part of the first one that has not been compared yet.
        case repeatedContent(RepeatedContent)
        case uploadParts(UploadPartsReader)
        case other(name: String, value: [UInt8])
        case ignored
    }

    private let requestID: String
    let service: Service
    private let head: HTTPRequestHead
    private let target: Result<RequestTarget, RequestTarget.Rejection>
    private(set) var fault: FaultAction?
    private(set) var operation: ServiceOperation?
    private(set) var bodyBytes: Int64 = 0
    private var body = Body.none
    var form = UploadForm()
    var field = Field.ignored
    var fieldBytes = 0
    private var refusal: Refusal?
    private var isSignatureChecked = false
    /// Whether the operation exists in the service but not in the emulator.
    ///
    /// Its signature is not checked.
    private var isNotEmulated = false
    var intake: SliceIntake?
    var heldBytes = 0

    init(_ head: HTTPRequestHead, _ service: Service) {
        self.head = head
        self.service = service
        requestID = RequestIdentity.requestID(now: service.configuration.now())
        do throws(RequestTarget.Rejection) {
            target = .success(try RequestTarget(head.uri))
        } catch { target = .failure(error) }
        switch head.method {
        case .GET:
            if case .success(let target) = target { understand(target.query[ByteString(WireName.op)] ?? "") }
        case .POST: chooseBody()
        default: refusal = .form("the method \(head.method.rawValue) is neither GET nor POST")
        }
    }

    deinit { letGo() }

    func letGo() {
        if let intake { intake.session.end(intake.slice) }
        intake = nil
        form.content = []
        service.held.give(heldBytes)
        heldBytes = 0
    }

    var now: Int64 { service.configuration.now() &+ (fault?.clockSkew ?? 0) }

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

    func refusal(ofLength bytes: Int64) -> EmulatorReply? {
        let limit = service.limits.bodyBytes
        guard bytes > limit else { return nil }
        return service.refusal(
            .form("the body has \(bytes) bytes, the limit is \(limit)"), requestID: requestID)
    }

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

    /// Whether the rest of the body no longer matters and is discarded.
    var isDiscarding: Bool {
        fault?.leavesWorkUndone ?? false || isNotEmulated || refusal != nil && operation != nil
    }

    /// Keeps the first refusal and releases everything else.
    func refuse(_ refusal: Refusal) {
        guard self.refusal == nil else { return }
        self.refusal = refusal
        letGo()
    }

    /// Called when the operation is known: determines the fault and checks the signature.
    func understand(_ word: String) {
        guard operation == nil, case .success(let target) = target else { return }
        if let what = Self.notEmulated(word, at: target.place) {
            isNotEmulated = true
            refusal = .notEmulated(what)
            return
        }
        guard case .object(let address) = target.place else { return }
        guard let operation = ServiceOperation(rawValue: word), head.method == .POST || operation == .stat
        else {
            return refuse(
                Refusal(
                    .noOperation, "op is '\(word.escapedForDisplay(limit: 80))' in a \(head.method.rawValue)")
            )
        }
        self.operation = operation
        let named = EmulatedOperation(operation)
        service.statistics.withLock { $0.requests[named, default: 0] += 1 }
        fault = service.faults.action(for: named, key: address.key)
        if let fault { service.statistics.withLock { $0.faults[fault.name, default: 0] += 1 } }
        checkSignature(target, address)
        if fault == .deadSession, refusal == nil { service.forgetUpload(at: address) }
    }

    /// The operations that the service has and the emulator does not; nil for implemented and for unknown
    /// ones.
    private static func notEmulated(_ word: String, at place: RequestTarget.Resource) -> String? {
        switch (word, place) {
        case ("move", _), ("copy", _), ("update", _), ("create", _), ("list", _): "op \(word)"
        case (ServiceOperation.stat.rawValue, .folder), (ServiceOperation.delete.rawValue, .folder):
            "op \(word) of a folder"
        default: nil
        }
    }

    private func checkSignature(_ target: RequestTarget, _ address: ObjectAddress) {
        isSignatureChecked = true
        let signature = head.headers.first(name: "authorization") ?? target.query["sign"] ?? ""
        do throws(Refusal) {
            try service.authorization.check(signature, for: address, operation, now: now)
        } catch {
            // An authorization error takes precedence over errors in the form.
            refusal = nil
            refuse(error)
        }
    }

    // MARK: The end

    func end() -> RequestOutcome {
        let target: RequestTarget
        switch self.target {
        case .failure(let problem): return .reply(reply(to: problem))
        case .success(let understood): target = understood
        }
        endBody()
        if let reply = fault?.reply(to: head.uri, by: service, requestID: requestID) { return .reply(reply) }
        if !isNotEmulated {
            guard let address else {
                return .reply(service.refusal(Refusal(.badPath, "it names a folder"), requestID: requestID))
            }
            if !isSignatureChecked { checkSignature(target, address) }
            if operation == nil { refuse(Refusal(.noOperation, "op lacks")) }
        }
        if let refusal { return .reply(service.refusal(refusal, requestID: requestID)) }
        return outcome()
    }

    /// The object of the request; nil if the target is not an object.
    var address: ObjectAddress? {
        guard case .success(let target) = target, case .object(let address) = target.place else { return nil }
        return address
    }

    private func endBody() {
        guard !isDiscarding else { return }
        do throws(Refusal) {
            switch body {
            case .none: break
            case .form(let reader):
                do throws(MultipartError) { try reader.end() } catch { throw .form("\(error)") }
            case .json(let text):
                try JSONBody.read(text, into: &form, limits: service.limits)
                if let word = form[WireName.op] { understand(String(decoding: word, as: UTF8.self)) }
            }
        } catch { refuse(error) }
    }

    private func outcome() -> RequestOutcome {
        guard let operation, let address else { return .reply(reply(to: .badQuery)) }
        var intake = intake
        if operation == .data, form.contentLength != nil, intake == nil {
            // The fields came after the content.
            do throws(Refusal) {
                var late = try service.beginSlice(form, at: address)
                for buffer in form.content { late.take(buffer) }
                form.content = []
                self.intake = late
                intake = late
            } catch { return .reply(service.refusal(error, requestID: requestID)) }
        }
        let request = JSONRequest(
            operation: operation, address: address, form: form, requestID: requestID, now: now,
            fault: fault)
        let service = service
        if let intake { return .here { service.take(intake, request) } }
        return .work { service.reply(to: request) }
    }

    private func reply(to problem: RequestTarget.Rejection) -> EmulatorReply {
        switch problem {
        case .notThisService: .html(status: 404, requestID: requestID)
        case .badBucket: .malformedBucket(requestID: requestID)
        case .badPath(let found): service.refusal(Refusal(.badPath, found), requestID: requestID)
        case .badQuery: service.refusal(.form("the query does not read"), requestID: requestID)
        }
    }
}
