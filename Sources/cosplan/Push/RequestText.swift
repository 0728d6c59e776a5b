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
        var upload = Upload(plan)
        let step = upload.nextStep()
        let form = MultipartForm(step?.fields(for: plan) ?? [], boundary: boundary ?? .random())
        let head = RequestHead(target: target, key: plan.key, form: form)
        let isUpload = step?.content != nil
        let length =
            isUpload
            ? form.opening(lastField: WireName.fileContent, length: 0).count + form.closing.count
            : form.length
        let shown = MultipartForm(
            form.fields + (isUpload ? [FormField(WireName.fileContent, bytes: [])] : []),
            boundary: form.boundary)
        let body = shown.encoded {
            Array(String(decoding: $0.value, as: UTF8.self).escapedForDisplay(limit: .max).utf8)
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
