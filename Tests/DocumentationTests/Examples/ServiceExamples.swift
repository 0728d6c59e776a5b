import COSProtocol
import COSUpload
import PlanCore
import PlanFiles
import ServiceCore
import XMLProtocol

// Code blocks of the catalogues of ServiceCore, COSProtocol, XMLProtocol and COSUpload, as they stand there.

func secretsExample() throws -> String {
    let permanent = try Credentials(secretID: "AKIDEXAMPLE", secretKey: "SECRETKEY")
    let temporary = try Credentials(secretID: "AKIDEXAMPLE", secretKey: "SECRETKEY", sessionToken: "TOKEN")
    let text = "\(permanent), \(temporary)"  // credentials (not shown), credentials (not shown)
    return text
}

func sizingExample(plan: PlannedFile) throws -> String {
    let sizing = try PartSizing(plan, partSize: 16 << 20, dialect: .cos)
    let text = sizing.isPut ? "one request" : "\(sizing.partCount) parts of \(sizing.partSize) bytes"
    return text
}

func drivingExample(
    plan: PlannedFile, target: JSONTarget, credentials: Credentials, now: Int64,
    read: (ByteRange) throws -> [UInt8],
    send: (RequestHead, String, [UInt8]?) throws -> (status: Int, reply: [UInt8])
) rethrows -> UploadOutcome<ObjectURLs, UploadRefusal>? {
    var upload = Upload(plan)
    while upload.outcome == nil {
        while let step = upload.nextStep() {
            let boundary = Boundary.random()
            let head = step.head(for: plan, to: target, boundary: boundary)
            let form = step.body(for: plan, boundary: boundary)
            let content = try step.content.map(read) ?? []
            let signature = Signature.multiUse(
                credentials, target: target, key: plan.key, now: now, nonce: .random(in: 0 ... .max))
            let body = form.map { $0.opening + content + $0.closing }
            let (status, reply) = try send(head, signature.text, body)
            upload.accept(ServiceReply(status: status, body: reply), to: step)
        }
    }
    return upload.outcome
}

func sessionExample(
    plans: [PlannedFile], target: JSONTarget, folder: String, configuration: UploadConfiguration,
    print: @escaping @Sendable (String) -> Void
) async throws {
    let root = try Root(path: ByteString(folder))
    var rest = plans.map { UploadJob(plan: $0, target: .json(target), root: root) }[...]
    let session = UploadSession(configuration, warn: { warning in print("\(warning)") })
    await session.upload(
        next: { rest.popFirst() },
        ended: { results in
            for result in results {
                print(result.failure?.description ?? "\(result.job.plan.key.text) is up")
            }
        })
}
