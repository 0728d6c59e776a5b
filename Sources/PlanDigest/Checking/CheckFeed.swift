import PlanCore
import PlanFiles

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The asking thread's share of a check of several files: opens them ahead of their turn, concludes what their parts
/// say, and reports in order.
struct CheckFeed {
    /// How many files may be open, or wait for those before them.
    /// **Source**: beyond 64 descriptors the kernel moves its table and waits 20 ms for that.
    private static let mostAtOnce = 40

    private let engine: DigestEngine
    private let cancellation: Cancellation?
    private let pool: CheckPool
    /// How many files were asked for, and how many reported.
    private var asked = 0
    private var reported = 0
    /// The bytes of the files asked for.
    private var bytes: Int64 = 0
    private var isExhausted = false
    /// A file that could not be opened while so many others are; nothing else is asked for before it.
    private var held: CheckRequest?
    private var failure: (any Error)?
    /// What is known of files before which others have to be reported.
    private var results: [Int: Result<CheckReport, DigestError>] = [:]

    init(_ engine: DigestEngine, cancellation: Cancellation?) {
        self.engine = engine
        self.cancellation = cancellation
        pool = CheckPool(engine)
    }

    mutating func run(
        _ next: () throws -> CheckRequest?, _ finished: (Result<CheckReport, DigestError>) throws -> Bool
    ) throws {
        ask(next)
        if isExhausted { pool.end() }
        pool.work(inline: isExhausted && bytes <= PlanRun.smallSize) { hashHere in
            while true {
                guard report(finished) else { return pool.abandon() }
                ask(next)
                if isExhausted, reported == asked { return }
                hashHere?()
                for run in pool.takeDone(moreAreToCome: mayAsk && held == nil) {
                    results[run.number] = Result { () throws(DigestError) in try engine.report(on: run) }
                }
            }
        }
        if let failure { throw failure }
    }

    private var mayAsk: Bool { !isExhausted && asked - reported < Self.mostAtOnce }

    /// Asks for files while there is room for them and the threads have not plenty.
    private mutating func ask(_ next: () throws -> CheckRequest?) {
        while mayAsk, pool.wantsMore {
            do {
                guard cancellation?.isCancelled != true, let request = try held ?? next() else {
                    isExhausted = true
                    return
                }
                held = nil
                guard add(request) else {
                    held = request
                    return
                }
            } catch {
                failure = error
                isExhausted = true
            }
        }
    }

    /// Opens the file and adds it; false if it has to wait until others are closed.
    private mutating func add(_ request: CheckRequest) -> Bool {
        do throws(FileError) {
            let file = try request.open()
            request.progress?.enter(.checking)
            pool.add(
                CheckRun(
                    .file(file), number: asked, plan: request.plan, engine: engine,
                    progress: request.progress, cancellation: cancellation))
        } catch {
            if case .openFailed(_, EMFILE) = error, pool.hasFiles { return false }
            results[asked] = .failure(.file(error))
        }
        asked += 1
        bytes = bytes.addingClamped(request.plan.fileSize)
        return true
    }

    /// Reports what is known in order; false when it was told to stop, or failed.
    private mutating func report(_ finished: (Result<CheckReport, DigestError>) throws -> Bool) -> Bool {
        while let result = results.removeValue(forKey: reported) {
            reported += 1
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
