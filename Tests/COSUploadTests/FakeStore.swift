import ByteDigests
import Foundation
import PlanCore
import PlanDigest
import ServiceCore
import Synchronization
import XMLProtocol

@testable import COSUpload

/// A fake store of the XML API in memory, for uploads without a socket.
///
/// It checks signatures, digests and order.
final class FakeStore: HTTPTransport {
    /// What happens to a request instead of the normal reply.
    enum Fault: Sendable {
        case answer(status: Int, String, headers: [String: String] = [:])
        case fail(TransportError)
        /// The request is performed but the reply is lost.
        case lose(TransportError)
    }

    struct Unfinished: Sendable {
        let key: String
        var parts: [Int: [UInt8]] = [:]
    }

    struct State {
        var objects: [String: [UInt8]] = [:]
        var uploads: [String: Unfinished] = [:]
        var counts: [XMLOperation: Int] = [:]
        var problems: [String] = []
        var uploadNumber = 0
        var partsInFlight = 0
        var maximumPartsInFlight = 0
    }

    let state = Mutex(State())
    let credentials: @Sendable (Int) -> Credentials
    let answersChecksums: Bool
    let fault: @Sendable (XMLOperation, Int) -> Fault?

    /// Creates a store; `credentials` returns the accepted pair, given the number of requests so far.
    init(
        credentials: @escaping @Sendable (Int) -> Credentials = { _ in .published },
        answersChecksums: Bool = true,
        fault: @escaping @Sendable (XMLOperation, Int) -> Fault? = { _, _ in nil }
    ) {
        self.credentials = credentials
        self.answersChecksums = answersChecksums
        self.fault = fault
    }

    func object(_ key: String) -> [UInt8]? { state.withLock { $0.objects[key] } }
    func count(_ operation: XMLOperation) -> Int { state.withLock { $0.counts[operation] ?? 0 } }
    /// The client's mistakes.
    var problems: [String] { state.withLock { $0.problems } }

    /// A received request.
    private struct Arrived {
        let method: String
        let path: String
        let query: [(name: String, value: String)]
        let headers: [String: String]
        let body: [UInt8]

        init(_ request: HTTPRequest) {
            method = request.head.method
            path = request.head.path
            query = (request.head.query ?? "").split(separator: "&").map { field in
                let pieces = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                    PathEncoding.decoded($0).map { String(decoding: $0, as: UTF8.self) } ?? ""
                }
                return (pieces[0], pieces.count > 1 ? pieces[1] : "")
            }
            let port = request.endpoint.port.map { ":\($0)" } ?? ""
            headers = Dictionary(
                request.head.headers.map { ($0.name.lowercased(), $0.value) }
                    + [("host", request.endpoint.host + port)]
            ) { $1 }
            body = request.body?.take()?.withBytes { Array($0) } ?? []
        }

        subscript(name: String) -> String? { query.first { $0.name == name }?.value }

        var operation: XMLOperation {
            switch (method, self["uploads"], self["uploadId"]) {
            case ("PUT", _, nil): .put
            case ("PUT", _, _): .part
            case ("POST", _?, _): .begin
            case ("POST", _, _): .finish
            case ("HEAD", _, _): .head
            case (_, _?, _): .listUploads
            case (_, _, _?): .listParts
            default: .versioning
            }
        }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let arrived = Arrived(request)
        let operation = arrived.operation
        let (count, total) = state.withLock { state in
            state.counts[operation, default: 0] += 1
            if operation == .part { state.partsInFlight += 1 }
            state.maximumPartsInFlight = max(state.maximumPartsInFlight, state.partsInFlight)
            return (state.counts[operation] ?? 0, state.counts.values.reduce(0, +))
        }
        defer { if operation == .part { state.withLock { $0.partsInFlight -= 1 } } }
        for _ in 0..<20 { await Task.yield() }
        if Task.isCancelled { throw .cancelled }
        switch fault(operation, count) {
        case .answer(let status, let body, let headers):
            return HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
        case .fail(let error): throw error
        case .lose(let error):
            _ = answer(arrived, operation, total)
            throw error
        case nil: return answer(arrived, operation, total)
        }
    }

    private func answer(_ request: Arrived, _ operation: XMLOperation, _ total: Int) -> HTTPResponse {
        let pair = credentials(total)
        if let token = pair.sessionToken, request.headers["x-cos-security-token"] != token {
            return error("ExpiredToken", 403)
        }
        guard isSigned(request, by: pair) else { return error("SignatureDoesNotMatch", 403) }
        if operation == .put || operation == .part || operation == .finish {
            guard request.headers["content-md5"] == Base64.encoded(MessageDigest.md5(request.body)) else {
                return error("BadDigest", 400)
            }
        }
        return state.withLock { state in work(request, operation, &state) }
    }

    private func isSigned(_ request: Arrived, by pair: Credentials) -> Bool {
        let fields = Dictionary(
            (request.headers["authorization"] ?? "").split(separator: "&").map { field in
                let pieces = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(pieces[0]), pieces.count > 1 ? String(pieces[1]) : "")
            }
        ) { $1 }
        let names = (fields["q-header-list"] ?? "").split(separator: ";").map(String.init)
        var headers = request.headers
        headers["content-length"] = String(request.body.count)
        let unsigned = request.query.filter { field in
            !(fields["q-url-param-list"] ?? "").split(separator: ";").contains {
                $0 == field.name.lowercased()
            }
        }
        let expected = COSSignature(
            method: request.method, path: PathEncoding.decoded(request.path) ?? [], query: request.query,
            headers: names.map { ($0, headers[$0] ?? "") }, keyTime: fields["q-sign-time"] ?? "",
            credentials: pair)
        return unsigned.isEmpty && names.contains("host") && expected.signature == fields["q-signature"]
    }

    private func error(_ code: String, _ status: Int) -> HTTPResponse {
        let text = "<Error><Code>\(code)</Code><Message>m</Message><RequestId>r</RequestId></Error>"
        return HTTPResponse(status: status, headers: [:], body: Array(text.utf8))
    }

    private func document(_ element: XMLElement, _ headers: [String: String] = [:]) -> HTTPResponse {
        HTTPResponse(status: 200, headers: headers, body: element.document)
    }

    private func proof(_ bytes: [UInt8]) -> [String: String] {
        var headers = ["etag": "\"\(MessageDigest.md5(bytes).hexText)\""]
        if answersChecksums { headers["x-cos-hash-crc64ecma"] = String(crc(bytes)) }
        return headers
    }

    private func crc(_ bytes: [UInt8]) -> UInt64 {
        var crc = CRC64(.ecma)
        bytes.withUnsafeBytes { crc.take($0) }
        return crc.value
    }

    private func work(_ request: Arrived, _ operation: XMLOperation, _ state: inout State) -> HTTPResponse {
        let key = PathEncoding.decoded(request.path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let id = request["uploadId"] ?? ""
        let forbids = request.headers["x-cos-forbid-overwrite"] == "true"
        if forbids, operation != .part, state.objects[key] != nil { return error("FileAlreadyExists", 409) }
        switch operation {
        case .versioning: return document(XMLElement("VersioningConfiguration"))
        case .head:
            guard let bytes = state.objects[key] else {
                return HTTPResponse(status: 404, headers: [:], body: [])
            }
            return HTTPResponse(
                status: 200, headers: proof(bytes).merging(["content-length": String(bytes.count)]) { $1 },
                body: [])
        case .put:
            state.objects[key] = request.body
            return HTTPResponse(status: 200, headers: proof(request.body), body: [])
        case .begin:
            state.uploadNumber += 1
            state.uploads["U\(state.uploadNumber)"] = Unfinished(key: key)
            return document(
                XMLElement(
                    "InitiateMultipartUploadResult", [XMLElement("UploadId", "U\(state.uploadNumber)")]))
        case .listUploads:
            let found = state.uploads.filter { $0.value.key.hasPrefix("/" + (request["prefix"] ?? "")) }
            return document(
                XMLElement(
                    "ListMultipartUploadsResult",
                    found.sorted { $0.key < $1.key }.map { id, upload in
                        XMLElement(
                            "Upload",
                            [
                                XMLElement("Key", String(upload.key.dropFirst())), XMLElement("UploadId", id),
                                XMLElement("Initiated", id),
                            ])
                    }))
        case .listParts, .part, .finish:
            guard var upload = state.uploads[id], upload.key == key else { return error("NoSuchUpload", 404) }
            defer { if state.uploads[id] != nil { state.uploads[id] = upload } }
            return work(on: &upload, id, request, operation, &state)
        case .get, .delete, .abort: return error("MethodNotAllowed", 405)
        }
    }

    private func work(
        on upload: inout Unfinished, _ id: String, _ request: Arrived, _ operation: XMLOperation,
        _ state: inout State
    ) -> HTTPResponse {
        switch operation {
        case .part:
            guard let number = request["partNumber"].flatMap({ Int($0) }), (1...10_000).contains(number)
            else {
                return error("InvalidArgument", 400)
            }
            upload.parts[number] = request.body
            return HTTPResponse(status: 200, headers: proof(request.body), body: [])
        case .listParts:
            return document(
                XMLElement(
                    "ListPartsResult",
                    upload.parts.sorted { $0.key < $1.key }.map { number, bytes in
                        XMLElement(
                            "Part",
                            [
                                XMLElement("PartNumber", String(number)),
                                XMLElement("Size", String(bytes.count)),
                                XMLElement("ETag", proof(bytes)["etag"] ?? ""),
                            ])
                    }))
        default:
            guard let list = try? XMLElement(document: request.body) else {
                return error("MalformedXML", 400)
            }
            var whole: [UInt8] = []
            for (index, part) in list.all("Part").enumerated() {
                guard let bytes = upload.parts[index + 1], part.text("PartNumber") == String(index + 1),
                    part.text("ETag") == proof(bytes)["etag"]
                else { return error("InvalidPart", 400) }
                if index + 1 < list.all("Part").count, bytes.count < 1 << 20 {
                    return error("EntityTooSmall", 400)
                }
                whole += bytes
            }
            state.objects[upload.key] = whole
            state.uploads[id] = nil
            let headers = answersChecksums ? ["x-cos-hash-crc64ecma": String(crc(whole))] : [:]
            return document(
                XMLElement("CompleteMultipartUploadResult", [XMLElement("ETag", "\"x-1\"")]), headers)
        }
    }
}
