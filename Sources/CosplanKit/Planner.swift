import COSUpload
import Foundation
import PlanCore
import PlanDigest
import PlanFiles

/// Plans files: reads each once, and computes the digests that its upload needs.
///
/// ```swift
/// let plan = try await Planner().plan("big.bin", key: "/big.bin", root: folder)
/// ```
public struct Planner: Sendable {
    private let settings: PlanSettings
    private let engine: DigestEngine

    /// A planner whose plans are cut and recorded like this.
    ///
    /// - Parameters:
    ///   - sliceSize: how much one request carries.
    ///   - partSize: how much one digest covers; nil for what goes with the slice size.
    ///   - datasha: what the service takes; `state` is what COS's JSON API does.
    ///   - checksums: digests of the whole file beside its SHA-1.
    ///   - insertOnly: whether an existing object stands in the way.
    ///   - jobs: how many threads hash; nil for one a processor.
    public init(
        sliceSize: SliceSize = .standard, partSize: PartSize? = nil, datasha: DatashaKind = .state,
        checksums: Set<ChecksumKind> = [], insertOnly: InsertOnly = .refuse, jobs: Int? = nil
    ) {
        settings = PlanSettings(
            sliceSize: sliceSize, partSize: partSize, datashaKind: datasha, checksums: checksums,
            insertOnly: insertOnly)
        engine = DigestEngine(jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Plans one file, on threads of the engine's own.
    ///
    /// - Parameters:
    ///   - path: the file, relative to `root`, and never outside of it.
    ///   - key: the object's path in the bucket.
    ///   - root: the folder that the plan's path is relative to.
    /// - Returns: the plan, which obeys every rule.
    /// - Throws: `LocalPathError`, `ObjectKeyError`; `DigestError` where the file cannot be read, changes while it is
    ///   read, or the task is cancelled.
    public func plan(_ path: String, key: String, root: String = ".") async throws -> PlannedFile {
        try await plan([(path: path, key: key)], root: root)[0]
    }

    /// Plans files, several at once; the first failure ends it.
    ///
    /// - Parameters:
    ///   - files: each with its path relative to `root`, and its object's key.
    ///   - root: the folder that paths are relative to.
    /// - Returns: the plans in the order of `files`.
    /// - Throws: what planning one file throws.
    public func plan(
        _ files: [(path: String, key: String)], root: String = "."
    ) async throws -> [PlannedFile] {
        let named = try files.map { (path: try LocalPath(ByteString($0.path)), key: try ObjectKey($0.key)) }
        return try await BlockingQueue.runCancellable { cancellation in
            let root = try Root(path: ByteString(root))
            let requests = named.map { file in
                // What cannot be opened is reported when its turn comes.
                let size = (try? root.open(file.path))?.identity.size ?? 0
                return settings.request(sizeHint: size) { () throws(FileError) in
                    try root.open(file.path)
                }
            }
            var results = [Result<FileDigest, DigestError>](
                repeating: .failure(.cancelled), count: named.count)
            var failure: DigestError?
            engine.plan(requests, cancellation: cancellation) { index, result in
                results[index] = result
                if case .failure(let error) = result { failure = error }
                return failure == nil
            }
            if let failure { throw failure }
            return try zip(named, results).map { file, result in
                settings.plan(of: file.path, key: file.key, from: try result.get())
            }
        }
    }
}

extension BlockingQueue {
    /// Runs `work` outside the cooperative pool, and tells it when the task is cancelled.
    static func runCancellable<Value: Sendable>(
        _ work: @escaping @Sendable (Cancellation) throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await BlockingQueue().run { try work(cancellation) }
        } onCancel: {
            cancellation.cancel()
        }
    }
}
