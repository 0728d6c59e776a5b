import COSUpload
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Uploads what manifests plan.
///
/// Every byte is checked against its plan before it leaves; nothing remote is ever deleted.
///
/// ```swift
/// let configuration = UploadConfiguration(credentials: credentials)
/// for try await event in Uploader(configuration).push(.file(manifest), root: folder) {
///     guard case .ended(let file) = event else { continue }
///     print("\(file.job.plan.key.text): \(file.failure?.description ?? "uploaded")")
/// }
/// ```
public struct Uploader: Sendable {
    private let configuration: UploadConfiguration

    /// An uploader that works like this.
    public init(_ configuration: UploadConfiguration) { self.configuration = configuration }

    /// Checks a manifest by the rules, and uploads its files if it breaks none.
    ///
    /// What was begun and not ended stays at the service: the same call again goes on from there. The upload stops when
    /// the loop over the events is left or its task is cancelled.
    ///
    /// - Parameters:
    ///   - manifest: what goes up.
    ///   - target: overrides the manifest's own target, field by field.
    ///   - root: the folder that the manifest's paths are relative to.
    /// - Returns: what happens, as it happens. It throws `ManifestRefused`, ``TargetMissing``, `TargetFieldError`,
    ///   `FileError` or `ManifestChanged`; what keeps one file from going up is in its event.
    public func push(
        _ manifest: ManifestSource, to target: PartialTarget = PartialTarget(), root: String = "."
    ) -> AsyncThrowingStream<PushEvent, any Error> {
        let (events, continuation) = AsyncThrowingStream<PushEvent, any Error>.makeStream()
        let task = Task {
            do {
                try await push(manifest, to: target, root: root) { continuation.yield($0) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return events
    }

    private func push(
        _ manifest: ManifestSource, to override: PartialTarget, root: String,
        tell: @escaping @Sendable (PushEvent) -> Void
    ) async throws {
        let root = try Root(path: ByteString(root))
        let source = HashingSource(try manifest.open())
        let checked = try CheckedManifest(ManifestCheck(source, name: manifest.name))
        let sha256 = try source.hexDigest()
        let targets = try checked.documents.map { document in
            let target = document.target.replaced(by: override)
            guard let complete = try target.complete() else {
                throw TargetMissing(fields: target.missingFields)
            }
            return complete
        }
        let files = try checked.files()
        let session = UploadSession(
            configuration, watch: { tell(.request($0)) }, warn: { tell(.warning($0)) })
        try await session.upload(
            next: {
                guard let entry = try files.next() else { return nil }
                return UploadJob(
                    plan: entry.file, target: targets[entry.documentIndex], root: root, manifestSHA256: sha256
                )
            },
            ended: { results in
                for result in results { tell(.ended(result)) }
            })
    }
}

/// One thing that happened while files went up.
public enum PushEvent: Sendable {
    /// A file's upload ended, well or not.
    case ended(UploadResult)
    /// Something a person should hear of though the upload goes on.
    case warning(UploadWarning)
    /// A request was answered, was not, or will be made again.
    case request(UploadEvent)
}

/// A target that is not complete: neither the manifest nor the caller names these fields.
public struct TargetMissing: ExplainedError, Hashable {
    /// The fields' names in a manifest.
    public let fields: [String]

    package init(fields: [String]) { self.fields = fields }

    /// The fields that are missing.
    public var finding: String { "the target lacks \(fields.joined(separator: ", "))" }
    /// What to do about it.
    public var hint: String { "name them in the manifest or with the upload" }
}
