import PlanCore

/// A manifest that breaks no rule.
///
/// It is made only from a check without errors; an upload accepts nothing else.
///
/// ```swift
/// let manifest = try CheckedManifest(text: text)
/// try manifest.forEachFile { entry in print(entry.file.key) }
/// ```
public struct CheckedManifest {
    private let check: ManifestCheck

    /// Takes over a check.
    ///
    /// - Throws: ``ManifestRefused`` if it found an error.
    public init(_ check: ManifestCheck) throws(ManifestRefused) {
        guard check.problemList.errorCount == 0 else { throw ManifestRefused(check) }
        self.check = check
    }

    /// Checks a text.
    ///
    /// - Throws: ``ManifestRefused`` if it breaks a rule.
    public init(text: String, name: String = "manifest") throws {
        try self.init(ManifestCheck(MemoryByteSource(text), name: name))
    }

    /// What the manifest is called in messages.
    public var name: String { check.name }
    /// The documents in order.
    public var documents: [DocumentHeader] { check.documents.compactMap { $0 } }
    /// Warnings and notes, by place.
    public var problems: [Problem] { check.problems }
    /// How many files there are.
    public var fileCount: Int { check.fileCount }
    /// The sum of their sizes in bytes; `Int64.max` if it is more.
    public var totalBytes: Int64 { check.totalBytes }

    /// The files, read again one by one, from the first.
    ///
    /// - Throws: what the byte source throws.
    public func files() throws -> ManifestFiles {
        try check.soundFiles()
    }

    /// Calls `body` with every file, in the text's order.
    ///
    /// - Throws: ``ManifestChanged`` if the text is not what was checked; what the byte source or `body`
    /// throws.
    public func forEachFile(_ body: (ManifestFile) throws -> Void) throws {
        let files = try files()
        while let file = try files.next() { try body(file) }
    }
}

/// A manifest has errors.
public struct ManifestRefused: Error, Hashable, CustomStringConvertible {
    /// What the manifest is called in messages.
    public let name: String
    /// All problems that were kept, by place; at least one is an error.
    public let problems: [Problem]
    /// How many errors there are.
    public let errorCount: Int
    /// Whether the text is not well-formed.
    public let isMalformed: Bool

    init(_ check: ManifestCheck) {
        name = check.name
        problems = check.problems
        errorCount = check.problemList.errorCount
        isMalformed = check.isMalformed
    }

    public var description: String {
        let first = problems.first { $0.severity == .error }?.rendered(in: name) ?? name.escapedForDisplay
        let others = errorCount - 1
        return others > 0 ? "\(first) (and \(others) more error\(others == 1 ? "" : "s"))" : first
    }
}
