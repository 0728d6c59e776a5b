import COSUpload
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Checks manifests by the documented rules, and files against their plans.
///
/// ```swift
/// let report = try await Checker().check(.file(manifest), root: folder)
/// for problem in report.problems { print(problem.rendered(in: manifest)) }
/// for file in report.differing { print("\(file)") }
/// ```
public struct Checker: Sendable {
    private let engine: DigestEngine

    /// A checker that hashes on `jobs` threads; nil for one a processor.
    public init(jobs: Int? = nil) {
        engine = DigestEngine(jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    }

    /// Checks a manifest by the rules, and the bytes of every file whose entry is sound.
    ///
    /// - Parameters:
    ///   - manifest: what is checked.
    ///   - root: the folder that the manifest's paths are relative to.
    /// - Returns: what is wrong with the text and with the files.
    /// - Throws: `FileError` where the manifest cannot be read or there is no such folder; `ManifestChanged`;
    ///   `DigestError.cancelled` where the task is cancelled. What is wrong with a file is in the report.
    public func check(_ manifest: ManifestSource, root: String = ".") async throws -> ManifestReport {
        try await BlockingQueue.runCancellable { cancellation in
            let root = try Root(path: ByteString(root))
            let check = try ManifestCheck(manifest.open(), name: manifest.name)
            var report = ManifestReport(problems: check.problems)
            let bytes = BytesCheck(root: root, engine: engine, cancellation: cancellation)
            let files = try check.soundFiles()
            try bytes.check({ try files.next().map { FileToCheck($0) } }) { file, result in
                let entry = file.entry
                try report.add(FileReport(plan: entry.file, place: entry.place, result: result))
            }
            guard !cancellation.isCancelled else { throw DigestError.cancelled }
            return report
        }
    }
}

/// What checking a manifest and its files found.
public struct ManifestReport: Sendable {
    /// What the manifest's text breaks, by place.
    public let problems: [Problem]
    /// How many files were checked.
    public private(set) var fileCount = 0
    /// The files that are not as planned or could not be read, in the manifest's order.
    public private(set) var differing: [FileReport] = []

    init(problems: [Problem]) { self.problems = problems }

    /// Whether no rule is broken and every file is as planned.
    public var isGood: Bool { differing.isEmpty && !problems.contains { $0.severity == .error } }

    mutating func add(_ file: FileReport) throws(DigestError) {
        if case .failure(.cancelled) = file.result { throw .cancelled }
        fileCount += 1
        if case .success(let report) = file.result, report.agrees { return }
        differing.append(file)
    }
}

/// What checking one file found.
public struct FileReport: Sendable, CustomStringConvertible {
    /// What the file should be.
    public let plan: PlannedFile
    /// Where its entry begins in the manifest.
    public let place: Place
    /// What its bytes say, or why they could not be read.
    public let result: Result<CheckReport, DigestError>

    /// The path and what was found, in one line.
    public var description: String {
        switch result {
        case .success(let report):
            "\(plan.path): "
                + (report.agrees ? "as planned" : report.findings.map(\.description).joined(separator: "; "))
        case .failure(let error): error.description
        }
    }
}
