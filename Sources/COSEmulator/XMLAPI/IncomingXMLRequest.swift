import NIOCore
import NIOHTTP1
import PlanCore
import ServiceCore
import XMLProtocol

/// A request of the XML API or S3 while it arrives.
///
/// Everything but the body is checked at once.
///
/// A class, because it holds resources until the request is answered.
final class IncomingXMLRequest: IncomingRequest {
    private enum Body {
        case none
        /// The bytes of an object or a part.
        case content(ContentIntake)
        /// The list of parts for finish.
        case document([UInt8])
    }

    private let service: Service
    private let dialect: EmulatedDialect
    private let head: HTTPRequestHead
    private let requestID: String
    private(set) var fault: FaultAction?
    private(set) var bodyBytes: Int64 = 0
    private var target: XMLRequestTarget?
    private var operation: XMLOperation?
    private var refusal: XMLRefusal?
    private var body = Body.none
    private var digests = SentDigests()
    /// The upload that a part belongs to.
    private var upload: MultipartUpload?
    /// The file that receives the content.
    private var fileName = ""
    /// Whether this request must remove that file if it fails.
    private var ownsFile = false
    private var heldBytes = 0

    /// The maximum length of the list of parts.
    ///
    /// **Unit**: bytes.
    private static let documentBytes = 4 << 20

    init(_ head: HTTPRequestHead, _ dialect: EmulatedDialect, _ service: Service) {
        self.head = head
        self.dialect = dialect
        self.service = service
        requestID = RequestIdentity.requestID(now: service.configuration.now())
        do throws(XMLRefusal) {
            if dialect == .cos, S3Authorization.speaks(head) {
                throw XMLRefusal(501, "NotImplemented", "this emulator was started without the API s3")
            }
            let target = try XMLRequestTarget(head, dialect)
            self.target = target
            let operation = try Self.operation(head, dialect, target)
            self.operation = operation
            understood(operation, target)
            if fault?.leavesWorkUndone ?? false { return }
            switch dialect {
            case .cos: try service.xmlAuthorization.check(head, target, now: now)
            case .s3: try service.s3Authorization.check(head, target, now: now)
            }
            try beginBody(operation, target)
        } catch { refusal = error }
    }

    deinit { letGo() }

    func letGo() {
        service.held.give(heldBytes)
        heldBytes = 0
        body = .none
        guard ownsFile else { return }
        ownsFile = false
        if let upload { upload.files?.dropPart(fileName) } else { service.store?.drop(fileName) }
    }

    var now: Int64 { service.configuration.now() &+ (fault?.clockSkew ?? 0) }

    private var isHead: Bool { head.method == .HEAD }

    private func understood(_ operation: XMLOperation, _ target: XMLRequestTarget) {
        let named = EmulatedOperation(operation)
        let prefix = operation == .listUploads ? target["prefix"].map { ByteString("/" + $0) } : nil
        service.statistics.withLock { $0.requests[named, default: 0] += 1 }
        fault = service.faults.action(for: named, key: target.key ?? prefix)
        guard let fault else { return }
        service.statistics.withLock { $0.faults[fault.name, default: 0] += 1 }
        if fault == .deadSession, let address = target.address { service.forgetUploads(at: address) }
    }

    /// The operation, by method and query.
    private static func operation(
        _ head: HTTPRequestHead, _ dialect: EmulatedDialect, _ target: XMLRequestTarget
    ) throws(XMLRefusal) -> XMLOperation {
        let names = Set(
            target.query.map(\.name).filter { name in
                switch dialect {
                case .cos: !name.hasPrefix("q-") && name != HeaderName.cosToken
                // Some kits send the name of the operation.
                case .s3: name != "x-id"
                }
            })
        for name in ["x-cos-copy-source", "x-amz-copy-source"] where head.headers.contains(name: name) {
            throw .notEmulated("copying")
        }
        let operation: (XMLOperation, known: Set<String>)
        switch (head.method, target.key == nil) {
        case (.GET, true) where names.contains("uploads"):
            operation = (
                .listUploads,
                ["uploads", "prefix", "encoding-type", "max-uploads", "key-marker", "upload-id-marker"]
            )
        case (.GET, true) where names.contains("versioning"): operation = (.versioning, ["versioning"])
        case (.GET, false) where names.contains("uploadId"):
            operation = (.listParts, ["uploadId", "max-parts", "part-number-marker", "encoding-type"])
        case (.GET, false): operation = (.get, [])
        case (.HEAD, _): operation = (.head, [])
        case (.PUT, false) where names.contains("uploadId"): operation = (.part, ["uploadId", "partNumber"])
        case (.PUT, false): operation = (.put, [])
        case (.POST, false) where names.contains("uploads"): operation = (.begin, ["uploads"])
        case (.POST, false) where names.contains("uploadId"): operation = (.finish, ["uploadId"])
        case (.DELETE, false) where names.contains("uploadId"): operation = (.abort, ["uploadId"])
        case (.DELETE, false): operation = (.delete, [])
        default:
            let place = target.key == nil ? "a bucket" : "an object"
            throw .notEmulated("\(head.method.rawValue) of \(place)")
        }
        if let unknown = names.subtracting(operation.known).min() {
            throw .notEmulated("the parameter '\(unknown.escapedForDisplay(limit: 80))' of \(operation.0)")
        }
        return operation.0
    }

    // MARK: The body

    private func beginBody(_ operation: XMLOperation, _ target: XMLRequestTarget) throws(XMLRefusal) {
        switch operation {
        case .put, .part:
            guard head.headers.contains(name: "content-length") else {
                throw XMLRefusal(411, "MissingContentLength", "Content-Length is missing")
            }
            digests = try SentDigests(head.headers, dialect)
            fileName = RequestIdentity.session()
            let file = try file(operation, target)
            ownsFile = file != nil
            body = .content(
                ContentIntake(
                    to: file, try checksum(operation), hashesPayload: digests.payloadHash != nil))
        case .finish: body = .document([])
        case .begin, .listParts, .listUploads, .head, .get, .versioning, .delete, .abort: break
        }
    }

    private func file(
        _ operation: XMLOperation, _ target: XMLRequestTarget
    ) throws(XMLRefusal) -> StoredFile? {
        do throws(StoreError) {
            guard operation == .part, let address = target.address else {
                return try service.store?.newFile(fileName)
            }
            guard let upload = service.multipartUpload(target["uploadId"] ?? "", at: address, dialect) else {
                return nil
            }
            self.upload = upload
            return try upload.files?.newPart(fileName)
        } catch { throw .failed("\(error)") }
    }

    /// The checksum to compute of the body: the upload's for a part, else the request's.
    private func checksum(_ operation: XMLOperation) throws(XMLRefusal) -> StoreChecksum {
        let sent = digests.checksum?.kind
        guard operation == .part, let upload else { return sent ?? dialect.usualChecksum }
        guard sent == nil || sent == upload.plan.checksum else {
            throw XMLRefusal(
                400, "InvalidRequest",
                "the part has a \(sent?.algorithm ?? ""), its upload was begun with \(upload.plan.checksum.algorithm)"
            )
        }
        return upload.plan.checksum
    }

    func refusal(ofLength bytes: Int64) -> EmulatorReply? {
        let limit: Int64
        switch operation {
        case .put, .part: limit = UploadedPart.maximumSize
        default: limit = Int64(Self.documentBytes)
        }
        guard bytes > limit else { return nil }
        return reply(
            to: XMLRefusal(400, "EntityTooLarge", "the body has \(bytes) bytes, the limit is \(limit)"))
    }

    func take(_ buffer: ByteBuffer) {
        bodyBytes += Int64(buffer.readableBytes)
        guard refusal == nil else { return }
        switch body {
        case .none: return
        case .content(var intake):
            body = .none
            intake.take(buffer)
            body = .content(intake)
        case .document(var text):
            body = .none
            guard text.count + buffer.readableBytes <= Self.documentBytes else {
                return refuse(.malformedXML("the list of parts is longer than \(Self.documentBytes) bytes"))
            }
            guard service.held.take(buffer.readableBytes) else {
                return refuse(.busy("\(service.limits.heldBytes) bytes are being received already"))
            }
            heldBytes += buffer.readableBytes
            text.append(contentsOf: buffer.readableBytesView)
            body = .document(text)
        }
    }

    private func refuse(_ refusal: XMLRefusal) {
        self.refusal = self.refusal ?? refusal
        letGo()
    }

    // MARK: The end

    func end() -> RequestOutcome {
        if let reply = replyByFault() { return .reply(reply) }
        if let refusal { return .reply(reply(to: refusal)) }
        guard let target, let operation else {
            return .reply(reply(to: .failed("the request was not understood")))
        }
        let call = XMLCall(
            operation: operation, target: target, address: target.address, requestID: requestID, now: now,
            fault: fault, headers: head.headers, dialect: dialect)
        let resource = head.uri
        let dialect = dialect
        let service = service
        let isHead = isHead
        let work: @Sendable () throws(XMLRefusal) -> EmulatorReply
        switch body {
        case .none: work = { () throws(XMLRefusal) in try service.reply(to: call) }
        case .document(let text): work = { () throws(XMLRefusal) in try service.finish(call, text) }
        case .content(let intake):
            let content = ReceivedContent(
                length: intake.length, md5: intake.md5Digest, checksum: intake.checksumText,
                payloadHash: intake.payloadHash, fileName: fileName, failure: intake.failure, sent: digests)
            let upload = upload
            ownsFile = false
            work = { () throws(XMLRefusal) in try service.take(content, call, for: upload) }
        }
        return .work {
            do throws(XMLRefusal) { return try work().named(by: dialect) } catch {
                service.count(error)
                return .refusal(
                    error, dialect, resource: resource, isHead: isHead, requestID: call.requestID
                ).named(by: dialect)
            }
        }
    }

    private func reply(to refusal: XMLRefusal) -> EmulatorReply {
        service.count(refusal)
        return .refusal(refusal, dialect, resource: head.uri, isHead: isHead, requestID: requestID)
            .named(by: dialect)
    }

    /// The reply that a fault gives; nil if the service replies.
    private func replyByFault() -> EmulatorReply? {
        guard let fault else { return nil }
        if let refusal = fault.xmlRefusal { return reply(to: refusal) }
        if case .lateError(let milliseconds, let code) = fault, operation == .finish {
            let refusal = XMLRefusal.scripted(500, code: code)
            let document = EmulatorReply.errorDocument(refusal, resource: head.uri, requestID: requestID)
            var reply = EmulatorReply(
                status: 200, contentType: "application/xml", body: [], requestID: requestID)
            reply.later = EmulatorReply.Later(milliseconds: milliseconds, body: document.document)
            return reply.named(by: dialect)
        }
        return fault.plainReply(to: head.uri, requestID: requestID)
    }
}

extension EmulatorReply {
    /// The reply with its request id in the dialect's header.
    fileprivate func named(by dialect: EmulatedDialect) -> EmulatorReply {
        var reply = self
        reply.requestIDHeader = dialect.requestIDHeader
        return reply
    }
}
