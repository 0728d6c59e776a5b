import COSProtocol
import COSUpload
import PlanCore
import ServiceCore
import XMLProtocol

/// A request as `show --request` prints it.
enum RequestText {
    /// The placeholder for the random boundary of a real request; it has the same length.
    private static let boundary = Boundary("BOUNDARY-BOUNDARY-BOUNDARY-BOUNDARY0")

    /// Head and body of the request that starts the upload, with Authorization redacted and a placeholder
    /// boundary.
    ///
    /// For a file sent in one request, that request.
    ///
    /// The text is exact, except that terminal control characters in values are escaped; the lengths are
    /// those of the real request.
    static func first(
        _ plan: PlannedFile, target: Target, parts: PartOptions
    ) throws(CommandFailure) -> [UInt8] {
        switch target {
        case .json(let target): first(of: Upload(plan), target: target)
        case .xml, .s3: try first(of: store(plan, target, parts))
        }
    }

    /// Head and body of the single request of a small file, in the same form.
    ///
    /// A placeholder stands for the file's bytes, which are not read.
    ///
    /// - Throws: ``CommandFailure`` (1) if the file is too large for it.
    static func only(
        _ plan: PlannedFile, target: Target, parts: PartOptions
    ) throws(CommandFailure) -> [UInt8] {
        switch target {
        case .json(let target):
            let maximum = SimpleUploadOperation.maximumFileSize
            guard Upload.isSimple(plan, upTo: maximum) else {
                throw tooLarge(plan, for: "the simple upload takes \(maximum) at most")
            }
            return first(of: Upload(plan, simpleUpTo: maximum), target: target)
        case .xml, .s3:
            let upload = try store(plan, target, parts)
            guard upload.sizing.isPut else {
                throw tooLarge(plan, for: "files of more than a part go up in parts")
            }
            return first(of: upload)
        }
    }

    private static func tooLarge(_ plan: PlannedFile, for reason: String) -> CommandFailure {
        CommandFailure(
            .answerIsNo, "\(plan.path): it has \(plan.fileSize) bytes, and \(reason); see --request init")
    }

    private static func store(
        _ plan: PlannedFile, _ target: Target, _ parts: PartOptions
    ) throws(CommandFailure) -> XMLUpload {
        let upload: XMLUpload?
        do throws(UploadFailure) {
            upload = try parts.upload(of: plan, to: target)
        } catch {
            throw CommandFailure(ExitStatus(error), error.line(for: plan))
        }
        guard let upload else { throw CommandFailure(.bug, "the target is of the JSON API") }
        return upload
    }

    private static func first(of upload: XMLUpload) -> [UInt8] {
        let plan = upload.plan
        let request: XMLRequest =
            upload.sizing.isPut
            ? .put(upload.address, key: plan.key, insertOnly: plan.insertOnly)
            : .begin(upload.address, key: plan.key, insertOnly: plan.insertOnly)
        let computed = request.computedHeaders.map { "\($0): <computed when it is sent>" }
        let lines =
            [
                "\(request.method) \(request.path)\(request.queryText.map { "?\($0)" } ?? "") HTTP/1.1",
                "host: \(request.address.host)", "authorization: <redacted: signed when it is sent>",
                "user-agent: \(Version.userAgent)",
            ] + request.headers.map { "\($0.name): \($0.value)" } + computed
            + ["content-length: \(upload.sizing.isPut ? plan.fileSize : 0)"]
        let mark = upload.sizing.isPut && plan.fileSize > 0 ? "<\(plan.fileSize) bytes of \(plan.path)>" : ""
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n\(mark)").utf8)
    }

    private static func first(of upload: Upload, target: JSONTarget) -> [UInt8] {
        var upload = upload
        let plan = upload.plan
        let step = upload.nextStep()
        let form = MultipartForm(step?.fields(for: plan) ?? [], boundary: boundary ?? .random())
        let head = RequestHead(target: target, key: plan.key, form: form)
        var body = form.encoded {
            Array(String(decoding: $0.value, as: UTF8.self).escapedForDisplay(limit: .max).utf8)
        }
        var length = form.length
        if let content = step?.content {
            let opening = form.opening(lastField: WireName.fileContent, length: Int(content.length))
            let end = form.closing.count - 2
            let mark = content.length == 0 ? "" : "<\(content.length) bytes of \(plan.path)>"
            body = body.dropLast(end) + opening.dropFirst(length - end) + Array(mark.utf8) + form.closing
            length = opening.count + Int(content.length) + form.closing.count
        }
        let lines =
            [
                "\(head.method) \(head.path) HTTP/1.1", "Host: \(target.endpoint.host)",
                "Authorization: <redacted: signed when it is sent>",
            ] + head.headers(userAgent: Version.userAgent).map { "\($0.name): \($0.value)" }
            + ["Content-Length: \(length)"]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }
}
