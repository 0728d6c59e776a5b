import PlanCore
import PlanFiles

/// Measures the engine on bytes in memory or in a file, one round at a time.
///
/// Every round runs the code that plans and checks files; nothing is hashed here. Rounds of different work
/// should alternate, so that a busy moment of the machine does not affect only one of them.
///
/// A class, because it owns the bytes.
@safe package final class EngineBench: @unchecked Sendable {
    // Safety: everything, including the memory, is immutable after init.

    /// The work to measure.
    package enum Work: Hashable, Sendable {
        /// A single stream of OpenSSL's SHA-1: the baseline.
        case stream
        /// Planning one file.
        case plan(withPartSHA1: Bool)
        /// Planning several files, each of the total size divided by their number.
        case batch(files: Int, withPartSHA1: Bool)
        /// Checking one file against its plan.
        case check(withPartSHA1: Bool)
    }

    /// The measurement of one round.
    package struct Sample: Hashable, Sendable {
        /// Elapsed wall-clock time.
        package let seconds: Double
        /// The number of bytes hashed, each counted once.
        package let bytes: Int64

        /// **Unit**: bytes per second.
        package var rate: Double { seconds > 0 ? Double(bytes) / seconds : 0 }
    }

    /// The number of bytes.
    package var size: Int64 { source.size }

    private let source: DigestSource
    private let memory: UnsafeMutableRawBufferPointer?
    private let partSize: PartSize
    private let plans: Plans

    /// The plans to check against, with and without part digests.
    private struct Plans: Sendable {
        let bare: PlannedFile
        let full: PlannedFile
    }

    /// Creates a bench on `size` bytes of pseudo-random memory, the same in every run.
    package convenience init(memory size: Int, partSize: PartSize) throws(DigestError) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 4096)
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        for place in stride(from: 0, to: size - 7, by: 8) {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            unsafe memory.storeBytes(of: state, toByteOffset: place, as: UInt64.self)
        }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<size])
        unsafe try self.init(.memory(bytes), memory: memory, partSize: partSize)
    }

    /// Creates a bench on a file.
    ///
    /// Hashes it once, so that it is in the page cache if it fits.
    package convenience init(file: OpenFile, partSize: PartSize) throws(DigestError) {
        unsafe try self.init(.file(file), memory: nil, partSize: partSize)
    }

    private init(
        _ source: DigestSource, memory: UnsafeMutableRawBufferPointer?, partSize: PartSize
    ) throws(DigestError) {
        self.source = source
        unsafe self.memory = memory
        self.partSize = partSize
        plans = Plans(
            bare: try Self.planned(source, partSize, withPartSHA1: false),
            full: try Self.planned(source, partSize, withPartSHA1: true))
    }

    deinit { unsafe memory?.deallocate() }

    /// Runs one round of `work` with `kernel` on `jobs` threads.
    package func measure(_ work: Work, kernel: Kernel, jobs: Int) throws(DigestError) -> Sample {
        let engine = DigestEngine(jobs: jobs, kernel: kernel)
        switch work {
        case .stream:
            return try timed { () throws(DigestError) in
                _ = try DigestEngine(jobs: 1, kernel: .openssl).digests([request(source, withPartSHA1: false)]
                )
            }
        case .plan(let withPartSHA1):
            return try timed { () throws(DigestError) in
                _ = try engine.digests([request(source, withPartSHA1: withPartSHA1)])
            }
        case .batch(let files, let withPartSHA1):
            let items = batch(files).map { request($0, withPartSHA1: withPartSHA1) }
            return try timed(items.reduce(0) { $0 + $1.sizeHint }) { () throws(DigestError) in
                _ = try engine.digests(items)
            }
        case .check(let withPartSHA1):
            let plan = withPartSHA1 ? plans.full : plans.bare
            return try timed { () throws(DigestError) in
                let report = try engine.check(source, against: plan, progress: nil, cancellation: nil)
                if report.agrees { return }
                guard case .file(let file) = source else {
                    preconditionFailure("the bytes in memory are those that were planned")
                }
                throw .file(.modified(path: file.path))
            }
        }
    }

    /// The number of bytes one round of `work` hashes.
    package func bytes(of work: Work) -> Int64 {
        guard case .batch(let files, _) = work, files > 0 else { return size }
        guard case .file = source else { return size / Int64(files) * Int64(files) }
        return size * Int64(files)
    }

    private func timed(_ bytes: Int64? = nil, _ body: () throws(DigestError) -> Void) throws(DigestError)
        -> Sample
    {
        let clock = ContinuousClock()
        let start = clock.now
        try body()
        let (seconds, attoseconds) = (clock.now - start).components
        return Sample(
            seconds: Double(seconds) + Double(attoseconds) * 1e-18, bytes: bytes ?? source.size)
    }

    /// `files` equal pieces of the memory, or the whole file `files` times.
    private func batch(_ files: Int) -> [DigestSource] {
        guard case .memory(let bytes) = source, files > 0 else {
            return Array(repeating: source, count: max(1, files))
        }
        let length = bytes.count / files
        return (0..<files).map { file in
            unsafe .memory(UnsafeRawBufferPointer(rebasing: bytes[(file * length)..<((file + 1) * length)]))
        }
    }

    private func request(_ source: DigestSource, withPartSHA1: Bool) -> PlanRequest {
        PlanRequest(source, partSize: partSize, datashaKind: .state, withPartSHA1: withPartSHA1)
    }

    private static func planned(
        _ source: DigestSource, _ partSize: PartSize, withPartSHA1: Bool
    ) throws(DigestError) -> PlannedFile {
        let digests = try DigestEngine(jobs: 2).digests([
            PlanRequest(source, partSize: partSize, datashaKind: .state, withPartSHA1: withPartSHA1)
        ])
        guard let digest = digests.first, let path = try? LocalPath("bench"),
            let key = try? ObjectKey("/bench")
        else { preconditionFailure("one source has one digest, and these names are legal") }
        return PlannedFile(
            path: path, key: key, sha: digest.sha, sliceSize: .standard, datashaKind: .state,
            partLayout: Layout(fileSize: source.size, pieceSize: partSize.bytes), parts: digest.parts)
    }
}

extension DigestEngine {
    /// The digests of all requests, in any order, or the first failure.
    fileprivate func digests(_ requests: [PlanRequest]) throws(DigestError) -> [FileDigest] {
        var digests: [FileDigest] = []
        var failure: DigestError?
        plan(requests) { _, result in
            switch result {
            case .success(let digest): digests.append(digest)
            case .failure(let error): failure = error
            }
            return failure == nil
        }
        if let failure { throw failure }
        return digests
    }
}
