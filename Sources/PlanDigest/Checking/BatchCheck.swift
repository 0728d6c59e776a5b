import Glibc
import PlanCore
import PlanFiles

/// The check of several files, on the calling thread: opens files ahead of their turn, evaluates their parts'
/// results, and reports in order.
struct BatchCheck {
    /// The maximum number of files open or waiting to be reported; ``smallFilesInOne`` small files count as
    /// one.
    ///
    /// **Source**: `benchmarks/results/measured-choices.md`.
    private static let maximumAtOnce = 40
    private static let smallFilesInOne = 64

    private let engine: DigestEngine
    private let cancellation: Cancellation?
    private let queue: CheckQueue<FileCheck>
    /// How many files were requested, and how many were reported.
    private var asked = 0
    private var reported = 0
    /// The capacity used by files that were requested and not yet reported, in total and per file.
    private var roomTaken = 0
    private var rooms: ArraySlice<Int> = []
    /// The total size of the files requested.
    private var bytes: Int64 = 0
    private var isExhausted = false
    /// Small files that were requested and not yet added.
    private var small: SmallFileChecks?
    /// Files that could not be opened for lack of descriptors.
    ///
    /// No other file is requested before them.
    private var held: ArraySlice<(number: Int, request: CheckRequest)> = []
    private var failure: (any Error)?
    /// Results that wait for those of earlier files.
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

    /// Requests files while there is capacity and the threads want more work.
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

    /// Adds a requested file; returns false if it must wait until others are closed.
    private mutating func add(_ request: CheckRequest) -> Bool {
        let number = asked
        asked += 1
        bytes = bytes.addingClamped(request.plan.fileSize)
        let room = request.isSmall ? 1 : Self.smallFilesInOne
        rooms.append(room)
        roomTaken += room
        guard !request.isSmall else {
            if small == nil {
                small = SmallFileChecks(first: number, stop: StopCondition(asked: cancellation))
            }
            small?.requests.append(request)
            if small?.requests.count == SmallFileChecks.maximumCount { addSmall() }
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

    /// Opens the file and adds it; returns false if it must wait until others are closed.
    private mutating func open(_ request: CheckRequest, _ number: Int) -> Bool {
        do throws(FileError) {
            let file = try request.open()
            request.progress?.enter(.checking)
            queue.add(
                FileCheck(
                    .file(file), number: number, plan: request.plan, selection: request.selection,
                    engine: engine,
                    progress: request.progress, cancellation: cancellation))
        } catch {
            if case .openFailed(_, EMFILE) = error, queue.hasFiles { return false }
            results[number] = .failure(.file(error))
        }
        return true
    }

    /// Records the results of finished files.
    private mutating func take(_ done: CheckQueue<FileCheck>.Done) {
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

    /// Reports the next results in order; returns false if it was told to stop or failed.
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
