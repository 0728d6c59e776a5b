import COSProtocol
import PlanCore
import ServiceCore

/// A request as `show --request` prints it.
enum RequestText {
    /// The boundary that stands for the random one of a real request; of the same length.
    private static let boundary = Boundary("BOUNDARY-BOUNDARY-BOUNDARY-BOUNDARY0")

    /// Head and body of the request that begins the upload; Authorization redacted, the boundary a marked one. An empty
    /// file has no init: its one request is `upload`.
    ///
    /// Byte for byte, but for what a terminal would act on in a value: that is escaped, and the lengths are those of
    /// the bytes that are sent.
    static func initialize(_ plan: PlannedFile, target: JSONTarget) -> [UInt8] {
        first(of: Upload(plan), target: target)
    }

    /// Head and body of the simple upload, in the same way; a mark stands for the file's bytes, which are not read.
    ///
    /// - Throws: ``CommandFailure`` (1) for a file that is too large for it.
    static func simpleUpload(_ plan: PlannedFile, target: JSONTarget) throws(CommandFailure) -> [UInt8] {
        let maximum = SimpleUploadOperation.maximumFileSize
        guard Upload.isSimple(plan, upTo: maximum) else {
            throw CommandFailure(
                .answerIsNo,
                "\(plan.path): it has \(plan.fileSize) bytes, and the simple upload takes \(maximum) at most; "
                    + "see --request init")
        }
        return first(of: Upload(plan, simpleUpTo: maximum), target: target)
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
