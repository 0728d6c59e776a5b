import COSProtocol
import PlanCore
import ServiceCore
import Foundation
import Synchronization

@testable import COSUpload

/// A fake service in memory, for uploads without a socket.
///
/// It replies as documented.
final class FakeService: HTTPTransport {
    /// What happens to a request instead of the normal reply.
    enum Fault: Sendable {
        case answer(status: Int, code: Int, message: String = "", serverTime: Int64? = nil)
        case fail(TransportError)
        /// The request is performed but the reply is lost.
        case lose(TransportError)
    }

    /// The n-th request of an operation, from 1.
    struct Call: Hashable, Sendable {
        let operation: ServiceOperation
        let count: Int
        let offset: Int64?
    }

    struct Session: Sendable {
        var fileSize: Int64
        var sha: String
        var slices: [Int64: [UInt8]] = [:]
    }

    struct State {
        var objects: [String: [UInt8]] = [:]
        var sessions: [String: (name: String, session: Session)] = [:]
        var counts: [ServiceOperation: Int] = [:]
        var calls: [Call] = []
        var signatures: Set<String> = []
        var inFlight = 0
        var maximumInFlight = 0
        var dataInFlight = 0
        var maximumDataInFlight = 0
        var sessionNumber = 0
    }

    let state = Mutex(State())
    let sliceSize: Int64
    let serial: Bool
    let fault: @Sendable (Call) -> Fault?

    init(
        sliceSize: Int64 = 1_048_576, serial: Bool = false,
        fault: @escaping @Sendable (Call) -> Fault? = { _ in nil }
    ) {
        self.sliceSize = sliceSize
        self.serial = serial
        self.fault = fault
    }

    func object(_ key: String) -> [UInt8]? { state.withLock { $0.objects[key] } }
    var calls: [Call] { state.withLock { $0.calls } }
    func count(_ operation: ServiceOperation) -> Int { calls.count { $0.operation == operation } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let fields = request.body?.take()?.withBytes { Form(Array($0)) }
        let name = request.head.query == "op=stat" ? "stat" : fields?.text(WireName.op) ?? ""
        guard let operation = ServiceOperation(rawValue: name) else {
            return reply(#"{"code":-1,"message":"ERROR_CGI_PARAM_MISSING_OP"}"#, 400)
        }
        let call = state.withLock { state in
            state.inFlight += 1
            state.maximumInFlight = max(state.maximumInFlight, state.inFlight)
            if operation == .data { state.dataInFlight += 1 }
            state.maximumDataInFlight = max(state.maximumDataInFlight, state.dataInFlight)
            state.counts[operation, default: 0] += 1
            let signature = request.head.headers.first { $0.name == "Authorization" }
            state.signatures.insert(signature?.value ?? "")
            let call = Call(
                operation: operation, count: state.counts[operation] ?? 0,
                offset: fields?.number(WireName.offset))
            state.calls.append(call)
            return call
        }
        defer {
            state.withLock { state in
                state.inFlight -= 1
                if operation == .data { state.dataInFlight -= 1 }
            }
        }
        // Lets other tasks run while this request is in flight.
        for _ in 0..<20 { await Task.yield() }
        if Task.isCancelled { throw .cancelled }
        switch fault(call) {
        case .answer(let status, let code, let message, let serverTime):
            return reply(
                #"{"code":\#(code),"message":"\#(message)"}"#, status,
                serverTime.map { ["date": HTTPDate.text($0)] } ?? [:])
        case .fail(let error): throw error
        case .lose(let error):
            _ = answer(operation, request.subject.key.text, fields)
            throw error
        case nil: return answer(operation, request.subject.key.text, fields)
        }
    }

    private func reply(
        _ text: String, _ status: Int = 200, _ headers: [String: String] = [:]
    ) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: headers.merging(["x-cos-request-id": "id"]) { first, _ in first },
            body: Array(text.utf8))
    }

    private func success(_ members: String) -> HTTPResponse { reply(#"{"code":0,"data":{\#(members)}}"#) }
    private var done: HTTPResponse { success(#""access_url":"http://cdn/x""#) }

    private func answer(_ operation: ServiceOperation, _ key: String, _ form: Form?) -> HTTPResponse {
        state.withLock { state in
            switch operation {
            case .initialize:
                if let held = state.objects[key], form?.text(WireName.insertOnly) != "0" {
                    return sha1(held[...]).hex == form?.text(WireName.sha)
                        ? done : reply(#"{"code":-177}"#, 400)
                }
                if state.sessions[key] != nil { return reply(#"{"code":-4019}"#, 400) }
                state.sessionNumber += 1
                let name = "session-\(state.sessionNumber)"
                state.sessions[key] = (
                    name,
                    Session(
                        fileSize: form?.number(WireName.fileSize) ?? -1, sha: form?.text(WireName.sha) ?? "")
                )
                return success(
                    #""session":"\#(name)","slice_size":\#(sliceSize),"serial_upload":\#(serial ? 1 : 0)"#)
            case .list:
                guard let (name, session) = state.sessions[key] else { return reply(#"{"code":-9}"#, 404) }
                let parts = session.slices.map { #"{"offset":\#($0.key),"datalen":\#($0.value.count)}"# }
                return success(
                    #""session":"\#(name)","slice_size":\#(sliceSize),"filesize":\#(session.fileSize),"#
                        + #""sha":"\#(session.sha)","listparts":[\#(parts.joined(separator: ","))]"#)
            case .data:
                guard let (name, held) = state.sessions[key], name == form?.text(WireName.session),
                    let offset = form?.number(WireName.offset),
                    let content = form?.fields[WireName.fileContent]
                else { return reply(#"{"code":-166}"#, 400) }
                var session = held
                session.slices[offset] = content
                state.sessions[key] = (name, session)
                return success(#""session":"\#(name)","offset":\#(offset)"#)
            case .finish:
                guard let (name, session) = state.sessions[key], name == form?.text(WireName.session) else {
                    return reply(#"{"code":-166}"#, 400)
                }
                let object = session.slices.sorted { $0.key < $1.key }.flatMap(\.value)
                guard Int64(object.count) == session.fileSize else { return reply(#"{"code":-4019}"#, 400) }
                guard sha1(object[...]).hex == form?.text(WireName.sha) else {
                    return reply(#"{"code":-174}"#, 400)
                }
                state.sessions[key] = nil
                state.objects[key] = object
                return done
            case .upload:
                let content = form?.fields[WireName.fileContent] ?? []
                if state.objects[key] != nil, form?.text(WireName.insertOnly) != "0" {
                    return reply(#"{"code":-177}"#, 400)
                }
                if state.sessions[key] != nil { return reply(#"{"code":-4019}"#, 400) }
                guard sha1(content[...]).hex == form?.text(WireName.sha) else {
                    return reply(#"{"code":-174}"#, 400)
                }
                state.objects[key] = content
                return done
            case .stat:
                guard let object = state.objects[key] else { return reply(#"{"code":-166}"#, 404) }
                return success(
                    #""filelen":\#(object.count),"sha":"\#(sha1(object[...]).hex)","access_url":"http://cdn/x""#
                )
            case .delete: return reply(#"{"code":-5}"#, 400)
            }
        }
    }
}

/// A value that closures and their maker share.
final class Shared<Value: Sendable>: Sendable {
    private let held: Mutex<Value>

    init(_ value: Value) { held = Mutex(value) }

    var value: Value {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }
}

/// Parses a form by the lengths of its parts, independently of the emulator.
struct Form {
    var fields: [String: [UInt8]] = [:]

    init(_ body: [UInt8]) {
        var rest = body[...]
        while let headEnd = Self.firstRange(of: "\r\n\r\n", in: rest) {
            let head = String(decoding: rest[..<headEnd.lowerBound], as: UTF8.self)
            guard let name = Self.between(head, "name=\"", "\""),
                let length = Self.between(head + "\r\n", "Content-Length: ", "\r\n").flatMap({ Int($0) })
            else { return }
            fields[name] = Array(rest[headEnd.upperBound...].prefix(length))
            rest = rest[(headEnd.upperBound + length)...].dropFirst(2)
        }
    }

    func text(_ name: String) -> String? { fields[name].map { String(decoding: $0, as: UTF8.self) } }
    func number(_ name: String) -> Int64? { text(name).flatMap { Int64($0) } }

    private static func firstRange(of text: String, in bytes: ArraySlice<UInt8>) -> Range<Int>? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count else { return nil }
        for start in bytes.startIndex...(bytes.endIndex - wanted.count)
        where bytes[start] == wanted[0] && bytes[start..<(start + wanted.count)].elementsEqual(wanted) {
            return start..<(start + wanted.count)
        }
        return nil
    }

    private static func between(_ text: String, _ before: String, _ after: String) -> String? {
        guard let start = text.range(of: before), let end = text[start.upperBound...].range(of: after) else {
            return nil
        }
        return String(text[start.upperBound..<end.lowerBound])
    }
}
