import PlanCore
import ServiceCore

/// State that the uploads of all files share.
struct UploadContext: Sendable {
    let configuration: UploadConfiguration
    /// Limits the slices in memory.
    let bodies: AsyncSemaphore
    /// Limits the body bytes of small files in memory.
    let smallBodies = AsyncSemaphore(smallBodyBytes)
    /// Limits the body bytes of parts in memory; a single part of any length is always allowed.
    let partBodies = AsyncSemaphore(Int(UploadConfiguration.partMemory))
    /// Limits the forms with thousands of parts in memory.
    let largeForms = AsyncSemaphore(2)
    let memory = BufferPool()
    let reader: SliceReader
    /// The check before an upload begins.
    let sourceCheck: SourceCheck
    /// Limits the whole-file checks; each uses all processors.
    let wholeChecks = AsyncSemaphore(1)
    let queue = BlockingQueue()
    let stop: GracefulStop
    let clock: WallClock
    let progress: UploadProgress

    /// The limit on body bytes of small files.
    ///
    /// **Unit**: bytes.
    static let smallBodyBytes = 32 << 20

    /// The number of parts from which an init form is large: megabytes of `uploadparts`, several times in
    /// memory.
    private static let manyParts = 8192

    func isLargeForm(_ plan: PlannedFile) -> Bool { plan.parts.count > Self.manyParts }

    func endpoint(for job: UploadJob) -> Endpoint {
        configuration.endpoint ?? job.target.endpoint
    }

    /// The share of the memory limit that a body takes.
    func memory(for order: SliceReader.Order, bound: ConcurrencyLimits.Bound) -> MemoryShare {
        if bound == .smallFiles { return MemoryShare(of: smallBodies, order.bodyLength) }
        // Parts may have any size; slices have one of a few.
        return order.digests.isEmpty ? MemoryShare(of: bodies) : MemoryShare(of: partBodies, order.bodyLength)
    }
}
