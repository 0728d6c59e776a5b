import PlanCore
import ServiceCore

/// What the uploads of all files share.
struct UploadContext: Sendable {
    let configuration: UploadConfiguration
    /// How many slices may be held in memory at once.
    let bodies: AsyncSemaphore
    /// How many bytes of bodies of small files may be held in memory at once.
    let smallBodies = AsyncSemaphore(smallBodyBytes)
    /// How many bytes of bodies of parts may be held in memory at once; one of any length always.
    let partBodies = AsyncSemaphore(partBodyBytes)
    /// How many of the forms that carry thousands of parts may be held in memory at once.
    let largeForms = AsyncSemaphore(2)
    let memory = BufferPool()
    let reader: SliceReader
    /// What is checked before an upload begins.
    let sourceCheck: SourceCheck
    /// How many whole files are checked at once; each check uses all processors.
    let wholeChecks = AsyncSemaphore(1)
    let queue = BlockingQueue()
    let stop: GracefulStop
    let clock: WallClock
    let progress: UploadProgress

    /// The bound on bodies of small files. **Unit**: bytes.
    static let smallBodyBytes = 32 << 20

    /// The bound on bodies of parts. **Unit**: bytes.
    static let partBodyBytes = 256 << 20

    /// From how many parts on an init is large: some megabytes of `uploadparts`, several times in memory.
    private static let manyParts = 8192

    func isLargeForm(_ plan: PlannedFile) -> Bool { plan.parts.count > Self.manyParts }

    func endpoint(for job: UploadJob) -> Endpoint {
        configuration.endpoint ?? job.target.endpoint
    }

    /// The share of the bound on memory that a body takes.
    func memory(for order: SliceReader.Order, lane: ConcurrencyLimits.Lane) -> MemoryShare {
        if lane == .smallFiles { return MemoryShare(of: smallBodies, order.bodyLength) }
        // Parts are of any size, slices of a few.
        return order.digests.isEmpty ? MemoryShare(of: bodies) : MemoryShare(of: partBodies, order.bodyLength)
    }
}
