// A program of another package: plans a file and uploads it with the library, without linker flags of its own, and runs the
// documentation's examples. It sees what is public.
// Usage: program PORT FOLDER plain|trailer|cut

import COSUpload
import CosplanKit
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import ServiceCore

/// Ends the program where `condition` does not hold.
func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
    guard !condition else { return }
    print("error: \(what())")
    exit(1)
}

let arguments = CommandLine.arguments
expect(arguments.count == 4, "usage: program PORT FOLDER MODE")
let (port, folder, mode) = (arguments[1], arguments[2], arguments[3])

let root = try Root(path: ByteString(folder))
let path = try LocalPath("file")
let request = PlanRequest(
    open: { () throws(FileError) in try root.open(path) }, sizeHint: 3_000_000,
    partSize: try PartSize(bytes: 1 << 20), datashaKind: .state, withPartSHA1: true)
var digest: FileDigest?
DigestEngine(jobs: 2).plan([request]) { _, result in
    digest = try? result.get()
    return true
}
guard let digest else { fatalError("the file could not be planned") }
let plan = try PlannedFile(
    path: path, key: ObjectKey("/file"), fileSize: digest.fileSize, sha: digest.sha, sliceSize: .standard,
    datashaKind: .state, parts: digest.parts)
let target = Target.json(try JSONTarget(region: Region("gz"), appID: AppID(1), bucket: Bucket("b")))

var configuration = UploadConfiguration(
    credentials: try Credentials(secretID: "AKIDEXAMPLE", secretKey: "SECRETKEYEXAMPLE"))
configuration.endpoint = try Endpoint("http://127.0.0.1:\(port)")
configuration.retry = RetryPolicy(retries: 1, firstPause: 0)
// An inactive guard is a warning.
let session = UploadSession(configuration, warn: { warning in expect(false, "a warning: \(warning)") })
var jobs = [UploadJob(plan: plan, target: target, root: root, manifestSHA256: "")][...]
var results: [UploadResult] = []
await session.upload(next: { jobs.popFirst() }, ended: { results += $0 })

expect(results.count == 1, "\(results.count) results")
switch mode {
case "cut":
    // Without the guard the process would have ended.
    let failure = results.first?.failure
    expect(
        failure == .noAnswer(operation: "init", error: .closedUnanswered), "\(String(describing: failure))")
    expect(session.progress.snapshot.retries == 1, "\(session.progress.snapshot.retries) retries")
default:
    let failure = results.first?.failure
    expect(failure == nil, "\(String(describing: failure))")
    expect(results.first?.receipt?.result == .instant, "\(String(describing: results.first?.receipt))")
}

let manifest = folder + "/plan.yaml"
try FileManager.default.copyItem(atPath: folder + "/file", toPath: folder + "/big.bin")
try Data(try await planExample(folder: folder, port: 1)).write(to: URL(filePath: manifest))
var lines: [String] = []
let isGood = try await checkExample(manifest: manifest, folder: folder, print: { lines.append($0) })
expect(isGood, "\(lines)")
try FileManager.default.removeItem(atPath: folder + "/big.bin")
print("\(mode): as expected")
