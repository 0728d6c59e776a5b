import PlanCore
import ServiceCore

/// What the uploads of all files share.
struct UploadContext: Sendable {
    let configuration: UploadConfiguration
    let transport: any Transport
    /// How many slices may be held in memory at once.
    let bodies: AsyncSemaphore
    /// How many of the forms that carry thousands of parts may be held in memory at once.
    let largeForms: AsyncSemaphore
    let memory: BufferPool
    let reader: SliceReader
    /// What is checked before an upload begins.
    let sourceCheck: SourceCheck
    /// How many whole files are checked at once; each check uses all processors.
    let wholeChecks = AsyncSemaphore(1)
    let queue: BlockingQueue
    let stop: StopSignal
    let clock: WallClock
    let progress: UploadProgress

    func endpoint(for job: UploadJob) -> Endpoint {
        configuration.endpoint ?? job.target.endpoint
    }
}
