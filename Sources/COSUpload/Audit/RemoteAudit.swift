import COSProtocol
import PlanCore
import ServiceCore
import Synchronization
import XMLProtocol

/// The result of the query about one object.
package struct AuditResult: Sendable {
    /// The index of the object among those queried, from 0.
    package let number: Int
    /// The expected object.
    package let object: AuditedObject
    /// The object that the store reports; nil if there is none.
    let stored: StoredObject?
    /// The comparison, or why the query failed.
    package let finding: Result<AuditFinding, UploadFailure>
}

/// Queries stores for the objects at keys and compares them with the expected ones, several at once.
///
/// Nothing is uploaded or downloaded. A class, because it can be stopped.
package final class RemoteAudit: Sendable {
    /// The progress; each file is one query.
    package let progress: UploadProgress

    private let configuration: UploadConfiguration
    private let senders: Senders
    private let stopping: GracefulStop
    private let transport: any HTTPTransport
    private let buckets = KnownBuckets()

    /// An audit over the network.
    ///
    /// - `watch`: called for every reply and retry, from any thread.
    /// - `warn`: called with warnings for the user.
    package convenience init(
        _ configuration: UploadConfiguration, watch: (@Sendable (UploadEvent) -> Void)? = nil,
        warn: @escaping @Sendable (UploadWarning) -> Void = { _ in }
    ) {
        let progress = UploadProgress()
        let transport = URLSessionTransport(configuration, board: progress.board, warn: warn)
        self.init(configuration, over: transport, progress: progress, watch: watch, warn: warn)
    }

    /// An audit over any transport.
    package init(
        _ configuration: UploadConfiguration, over transport: any HTTPTransport,
        progress: UploadProgress = UploadProgress(), clock: WallClock = WallClock(),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        watch: (@Sendable (UploadEvent) -> Void)? = nil,
        warn: @escaping @Sendable (UploadWarning) -> Void = { _ in }
    ) {
        precondition(configuration.filesAtOnce > 0, "at least one question must be under way")
        self.configuration = configuration
        self.progress = progress
        self.transport = transport
        stopping = GracefulStop()
        senders = Senders(
            configuration, over: transport, progress: progress, stop: stopping, clock: clock, random: random,
            watch: watch, warn: warn)
    }

    /// Sends no more queries; replies in flight are still accepted.
    package func stop() { stopping.stop() }

    /// Stops as ``stop()`` does, and gives up the replies in flight.
    package func abandon() {
        stop()
        transport.abandon()
    }

    /// Whether it was stopped.
    package var isStopped: Bool { stopping.isStopped }

    /// Queries every object that `next` returns until it returns nil.
    ///
    /// - Parameters:
    ///   - next: the next object; never called concurrently, and only when a query can start.
    ///   - ended: called with each result, in any order, never concurrently; not called for queries that a stop
    ///     interrupted.
    package func ask(
        next: () async throws -> AuditedObject?, ended: (AuditResult) async throws -> Void
    ) async rethrows {
        try await withThrowingTaskGroup(of: AuditResult.self) { group in
            var (asked, underWay) = (0, 0)
            var isLast = false
            while true {
                while !isLast, underWay < configuration.filesAtOnce, !isStopped, !Task.isCancelled {
                    guard let object = try await next() else {
                        isLast = true
                        break
                    }
                    let number = asked
                    asked += 1
                    underWay += 1
                    group.addTask { [self] in await result(number, object) }
                }
                guard let result = try await group.next() else { return }
                underWay -= 1
                if case .failure(.interrupted) = result.finding { continue }
                try await ended(result)
            }
        }
    }

    private func result(_ number: Int, _ object: AuditedObject) async -> AuditResult {
        let place = progress.begin(object.path, fileSize: object.fileSize)
        do throws(UploadFailure) {
            let stored = try await stored(object)
            progress.end(place, isGood: true)
            return AuditResult(
                number: number, object: object, stored: stored,
                finding: .success(AuditFinding(object, heldAgainst: stored)))
        } catch {
            progress.end(place, isGood: false)
            return AuditResult(number: number, object: object, stored: nil, finding: .failure(error))
        }
    }

    /// The object at the key; nil if there is none.
    private func stored(_ object: AuditedObject) async throws(UploadFailure) -> StoredObject? {
        switch object.target {
        case .json(let target):
            let question = StatQuestion(
                key: object.key, target: target, endpoint: configuration.endpoint ?? target.endpoint)
            let check = RemoteCheck(
                question: question, sender: senders.json, userAgent: configuration.userAgent)
            return try await check.sighting().object
        case .xml, .s3:
            guard let address = try address(of: object.target) else { return nil }
            let question = HeadQuestion(key: object.key, address: address)
            let check = RemoteCheck(
                question: question, sender: senders.xml, userAgent: configuration.userAgent)
            let sighting = try await check.sighting()
            if sighting == .nothingUnexplained { try await make(sure: address, askingFor: object.key) }
            return sighting.object
        }
    }

    private func address(of target: Target) throws(UploadFailure) -> BucketAddress? {
        do throws(EndpointError) {
            // HEAD returns any checksum, whichever is named here.
            return try BucketAddress(target, checksum: .crc64nvme, at: configuration.endpoint)
        } catch {
            throw .badAddress(error)
        }
    }

    /// Checks that the bucket exists, once for all its objects.
    private func make(sure address: BucketAddress, askingFor key: ObjectKey) async throws(UploadFailure) {
        // The answer is useful but not required.
        let check = RemoteCheck(
            question: BucketQuestion(key: key, address: address), sender: senders.xml.withoutRetries(),
            userAgent: configuration.userAgent)
        let failure = await buckets.failure(of: address) {
            do throws(UploadFailure) {
                _ = try await check.sighting()
                return nil
            } catch {
                // A failed query says nothing about the bucket.
                guard case .refusedByStore = error else { return nil }
                return error
            }
        }
        if let failure { throw failure }
    }
}

extension ObjectSighting {
    fileprivate var object: StoredObject? {
        switch self {
        case .object(let object): object
        case .nothing, .nothingUnexplained: nil
        }
    }
}

/// Known existence of buckets.
///
/// A class, because all queries share it.
private final class KnownBuckets: Sendable {
    private let asked = Mutex<[BucketAddress: Task<UploadFailure?, Never>]>([:])

    /// The result of `ask`, which runs once for each bucket.
    func failure(
        of address: BucketAddress, _ ask: @escaping @Sendable () async -> UploadFailure?
    ) async -> UploadFailure? {
        let task = asked.withLock { asked in
            if let task = asked[address] { return task }
            let task = Task { await ask() }
            asked[address] = task
            return task
        }
        return await task.value
    }
}
