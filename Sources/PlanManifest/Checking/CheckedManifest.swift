import PlanCore

/// A manifest without errors.
///
/// It can be created only from a check that found no errors, and uploads accept nothing else.
///
/// ```swift
/// let manifest = try CheckedManifest(text: text)  // throws ManifestRefused, with every problem
/// try manifest.forEachFile { entry in
///     print("\(entry.file.key.text) \(entry.file.fileSize) \(entry.file.parts.count)")
/// }
/// ```
public struct CheckedManifest {
    private let check: ManifestCheck

    /// Creates it from a finished check.
    ///
    /// - Throws: ``ManifestRefused`` if the check found an error.
    package init(_ check: ManifestCheck) throws(ManifestRefused) {
        guard check.problemList.errorCount == 0 else { throw ManifestRefused(check) }
        self.check = check
    }

    /// Checks a text.
    ///
    /// - Throws: ``ManifestRefused`` if it breaks a rule.
    public init(text: String, name: String = "manifest") throws {
        try self.init(ManifestCheck(MemoryByteSource(text), name: name))
    }

    /// The name of the manifest in messages.
    public var name: String { check.name }
    /// The documents, in order.
    public var documents: [DocumentHeader] { check.documents.compactMap { $0 } }
    /// Warnings and notes, by place.
    public var problems: [Problem] { check.problems }
    /// The number of files.
    public var fileCount: Int { check.fileCount }
    /// The sum of their sizes in bytes; `Int64.max` on overflow.
    public var totalBytes: Int64 { check.totalBytes }

    /// The files, read again one by one from the first.
    ///
    /// - Throws: what the byte source throws.
    package func files() throws -> ManifestFiles {
        try check.soundFiles()
    }

    /// Calls `body` with every file, in the order of the text.
    ///
    /// - Throws: ``ManifestChanged`` if the text has changed since the check; what the byte source or `body`
    ///   throws.
    public func forEachFile(_ body: (ManifestFile) throws -> Void) throws {
        let files = try files()
        while let file = try files.next() { try body(file) }
    }
}

/// A manifest that has errors.
public struct ManifestRefused: Error, Hashable, CustomStringConvertible {
    /// The name of the manifest in messages.
    package let name: String
    /// The problems that were kept, by place; at least one is an error.
    public let problems: [Problem]
    /// The number of errors.
    package let errorCount: Int
    /// Whether the text is not well-formed.
    package let isMalformed: Bool

    init(_ check: ManifestCheck) {
        name = check.name
        problems = check.problems
        errorCount = check.problemList.errorCount
        isMalformed = check.isMalformed
    }

    /// The first error, for use in a message.
    public var description: String {
        let first = problems.first { $0.severity == .error }?.rendered(in: name) ?? name.escapedForDisplay
        let others = errorCount - 1
        return others > 0 ? "\(first) (and \(others) more error\(others == 1 ? "" : "s"))" : first
    }
}
