import PlanCore
import ServiceCore

/// What the uploads of all files share.
struct UploadContext: Sendable {
    let configuration: UploadConfiguration
    /// How many slices may be held in memory at once.
    let bodies: AsyncSemaphore
    /// How many bytes of bodies of small files may be held in memory at once.
    let smallBodies = AsyncSemaphore(smallBodyBytes)
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

    /// From how many parts on an init is large: some megabytes of `uploadparts`, several times in memory.
    private static let manyParts = 8192

    func isLargeForm(_ plan: PlannedFile) -> Bool { plan.parts.count > Self.manyParts }

    func endpoint(for job: UploadJob) -> Endpoint {
        configuration.endpoint ?? job.target.endpoint
    }
}
