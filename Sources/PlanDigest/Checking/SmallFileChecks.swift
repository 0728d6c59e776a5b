import Glibc
import PlanCore
import PlanFiles

/// Small files that one thread checks one after another, to take the queue's lock less often.
struct SmallFileChecks: Sendable {
    /// The result of one file.
    enum Result: Sendable {
        case over(Swift.Result<CheckReport, DigestError>)
        /// It could not be opened for lack of descriptors.
        case notOpened(CheckRequest)
    }

    /// How many files one thread takes at once.
    static let maximumCount = 64
    /// How many parts they count as.
    static let weight = 16

    /// The number of the first file; the others follow.
    let first: Int
    var requests: [CheckRequest] = []
    let stop: StopCondition

    /// Checks all files, with a `buffer` that can hold any of them.
    func run(_ engine: DigestEngine, buffer: UnsafeMutableRawBufferPointer) -> [Result] {
        requests.map { request in
            guard !stop.isSet else { return .over(.failure(.cancelled)) }
            request.progress?.enter(.checking)
            defer { request.progress?.enter(.finished) }
            do throws(DigestError) {
                return .over(.success(unsafe try check(request, engine, buffer)))
            } catch {
                if case .file(.openFailed(_, EMFILE)) = error { return .notOpened(request) }
                return .over(.failure(error))
            }
        }
    }

    private func check(
        _ request: CheckRequest, _ engine: DigestEngine, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(DigestError) -> CheckReport {
        let source: DigestSource
        do throws(FileError) { source = .file(try request.open()) } catch { throw .file(error) }
        if unsafe try agrees(source, request.plan, buffer) {
            try source.checkUnchanged()
            request.progress?.add(bytes: request.plan.fileSize)
            request.progress?.add(files: 1)
            return CheckReport(findings: [], bytesChecked: request.plan.fileSize)
        }
        // A file that differs is checked again in the general way, to find out how.
        return try engine.check(
            source, against: request.plan, progress: request.progress, cancellation: stop.asked)
    }

    /// Whether the file and every recorded digest match.
    private func agrees(
        _ source: DigestSource, _ plan: PlannedFile, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(DigestError) -> Bool {
        guard source.size == plan.fileSize else { return false }
        let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[0..<Int(source.size)])
        unsafe try source.read(ByteRange(offset: 0, length: source.size), into: bytes)
        let sha = unsafe StreamHash.digest(UnsafeRawBufferPointer(bytes))
        var checksums = ByteChecksums(Set(plan.checksums.all.map(\.kind)))
        unsafe checksums.take(UnsafeRawBufferPointer(bytes))
        return sha == plan.sha && checksums.values == plan.checksums
            && plan.parts.allSatisfy { $0.datasha == sha && $0.sha1 ?? sha == sha }
    }
}
