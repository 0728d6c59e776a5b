import COSProtocol
import PlanCore

/// A request as `show --request` prints it.
enum RequestText {
    /// The boundary that stands for the random one of a real request; of the same length.
    private static let boundary = Boundary("BOUNDARY-BOUNDARY-BOUNDARY-BOUNDARY0")

    /// Head and body of init, byte for byte; Authorization redacted, the boundary a marked one.
    static func initialize(_ plan: PlannedFile, target: Target) -> [UInt8] {
        let form = MultipartForm(InitOperation(plan).fields, boundary: boundary ?? .random())
        let head = RequestHead(target: target, key: plan.key, form: form)
        let lines = [
            "\(head.method) \(head.path) HTTP/1.1", "Host: \(Endpoint(region: target.region).host)",
            "Authorization: <redacted: signed when it is sent>", "Content-Type: \(form.contentType)",
            "Content-Length: \(form.length)",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + form.encoded
    }
}
