import PlanCore
import PlanFiles

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The check of several files, as the thread that asked for it runs it: opens them ahead of their turn, concludes what
/// their parts say, and reports in order.
struct CheckRun {
    /// How many files may be open, or wait for those before them; so many small ones count as one.
    /// **Source**: `benchmarks/results/measured-choices.md`.
    private static let maximumAtOnce = 40
    private static let smallFilesInOne = 64

    private let engine: DigestEngine
    private let cancellation: Cancellation?
    private let queue: CheckQueue
    /// How many files were asked for, and how many reported.
    private var asked = 0
    private var reported = 0
    /// The room taken by files that were asked for and not reported, and how much each takes.
    private var roomTaken = 0
    private var rooms: ArraySlice<Int> = []
    /// The bytes of the files asked for.
    private var bytes: Int64 = 0
    private var isExhausted = false
    /// Small files that were asked for and not added yet.
    private var small: SmallFileChecks?
    /// Files that could not be opened while so many others are; nothing else is asked for before them.
    private var held: ArraySlice<(number: Int, request: CheckRequest)> = []
    private var failure: (any Error)?
    /// What is known of files before which others have to be reported.
    private var results: [Int: Result<CheckReport, DigestError>] = [:]

    init(_ engine: DigestEngine, cancellation: Cancellation?) {
        self.engine = engine
        self.cancellation = cancellation
        queue = CheckQueue(engine)
    }

    mutating func run(
        _ next: () throws -> CheckRequest?, _ finished: (Result<CheckReport, DigestError>) throws -> Bool
    ) throws {
        ask(next)
        if isExhausted { queue.end() }
        queue.work(inline: isExhausted && bytes <= WindowBudget.smallFile) { hashHere in
            while true {
                guard report(finished) else { return queue.abandon() }
                ask(next)
                if isExhausted, held.isEmpty, reported == asked { return }
                hashHere?()
                take(queue.takeDone(moreAreToCome: mayAsk && held.isEmpty))
            }
        }
        if let failure { throw failure }
    }

    private var mayAsk: Bool {
        !isExhausted && roomTaken <= (Self.maximumAtOnce - 1) * Self.smallFilesInOne
    }

    /// Asks for files while there is room for them and the threads have not plenty.
    private mutating func ask(_ next: () throws -> CheckRequest?) {
        defer { addSmall() }
        while let (number, request) = held.first {
            guard open(request, number) else { return }
            held.removeFirst()
        }
        while mayAsk, queue.wantsMore {
            do {
                guard cancellation?.isCancelled != true, let request = try next() else {
                    isExhausted = true
                    return
                }
                guard add(request) else { return }
            } catch {
                failure = error
                isExhausted = true
            }
        }
    }

    /// Adds a file that was asked for; false if it has to wait until others are closed.
    private mutating func add(_ request: CheckRequest) -> Bool {
        let number = asked
        asked += 1
        bytes = bytes.addingClamped(request.plan.fileSize)
        let room = request.isSmall ? 1 : Self.smallFilesInOne
        rooms.append(room)
        roomTaken += room
        guard !request.isSmall else {
            var files = small ?? SmallFileChecks(first: number, stop: StopCondition(asked: cancellation))
            files.requests.append(request)
            small = files
            if files.requests.count == SmallFileChecks.maximumCount { addSmall() }
            return true
        }
        addSmall()
        guard !open(request, number) else { return true }
        held.append((number, request))
        return false
    }

    private mutating func addSmall() {
        if let small { queue.add(small) }
        small = nil
    }

    /// Opens the file and adds it; false if it has to wait until others are closed.
    private mutating func open(_ request: CheckRequest, _ number: Int) -> Bool {
        do throws(FileError) {
            let file = try request.open()
            request.progress?.enter(.checking)
            queue.add(
                FileCheck(
                    .file(file), number: number, plan: request.plan, engine: engine,
                    progress: request.progress, cancellation: cancellation))
        } catch {
            if case .openFailed(_, EMFILE) = error, queue.hasFiles { return false }
            results[number] = .failure(.file(error))
        }
        return true
    }

    /// Notes what files that are done say.
    private mutating func take(_ done: CheckQueue.Done) {
        for file in done.files {
            results[file.number] = Result { () throws(DigestError) in try file.report(engine) }
        }
        for (number, result) in done.small {
            switch result {
            case .over(let report): results[number] = report
            case .notOpened(let request): held.append((number, request))
            }
        }
    }

    /// Reports what is known in order; false when it was told to stop, or failed.
    private mutating func report(_ finished: (Result<CheckReport, DigestError>) throws -> Bool) -> Bool {
        while let result = results.removeValue(forKey: reported) {
            reported += 1
            roomTaken -= rooms.popFirst() ?? 0
            do {
                guard try finished(result) else { return false }
            } catch {
                failure = error
                return false
            }
        }
        return true
    }
}
