import CosplanKit

// Code blocks of README and of CosplanKit's catalogue, as they stand there.

/// Plans `big.bin`, for an emulator on `port`.
func planExample(folder: String, port: Int) async throws -> [UInt8] {
    let target = PartialTarget(
        endpoint: try Endpoint("http://127.0.0.1:\(port)"), region: try Region("gz"),
        appID: try AppID(1_251_668_577), bucket: try Bucket("iainyu"))
    let plan = try await Planner().plan("big.bin", key: "/big.bin", root: folder)
    let header = DocumentHeader(datashaKind: plan.datashaKind, target: target)
    let manifest = ManifestWriter(format: .yaml, document: header).manifest(of: [plan])
    return manifest
}

func checkExample(manifest: String, folder: String, print: (String) -> Void) async throws -> Bool {
    let report = try await Checker().check(.file(manifest), root: folder)
    for problem in report.problems { print(problem.rendered(in: manifest)) }
    for file in report.differing { print("\(file)") }
    return report.isGood
}

func uploadExample(
    manifest: String, folder: String, credentials: Credentials, print: (String) -> Void
) async throws {
    let configuration = UploadConfiguration(credentials: credentials)
    for try await event in Uploader(configuration).push(.file(manifest), root: folder) {
        guard case .ended(let file) = event else { continue }
        print("\(file.job.plan.key.text): \(file.failure?.description ?? "uploaded")")
    }
}
