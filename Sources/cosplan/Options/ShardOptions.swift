import ArgumentParser
import Foundation
import PlanCore

/// Which shard of the work this machine does; see the article ManyMachines.
struct ShardOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Do shard K of N only: K/N; auto reads K and N from Slurm's or AWS Batch's array variables, auto/N reads K "
                + "from a Kubernetes indexed job's.", valueName: "K/N"),
        transform: ShardArgument.read)
    var shard: ShardArgument?

    /// The shard, if one is asked for.
    ///
    /// - Throws: ``CommandFailure`` (64) where the scheduler's variables do not tell it.
    func number(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) -> ShardNumber? {
        guard let shard else { return nil }
        return try shard.number(in: environment)
    }
}

/// The text of `--shard`.
enum ShardArgument: Sendable, ExpressibleByArgument {
    /// `K/N`.
    case given(ShardNumber)
    /// `auto`; with a number of shards, `auto/N`.
    case scheduler(count: Int64?)

    init?(argument: String) {
        guard let read = try? Self.read(argument) else { return nil }  // the option's transform says why
        self = read
    }

    /// The shard that `text` names.
    static func read(_ text: String) throws(ValidationError) -> ShardArgument {
        if text == "auto" { return .scheduler(count: nil) }
        let fields = text.split(separator: "/", omittingEmptySubsequences: false)
        guard fields.count == 2, let count = WholeNumber.read(fields[1]) else {
            throw ValidationError("give K/N, such as 3/16, or auto, or auto/N.")
        }
        guard count >= 1 else { throw ValidationError("there is at least 1 shard.") }
        if fields[0] == "auto" { return .scheduler(count: count) }
        guard let index = WholeNumber.read(fields[0]) else {
            throw ValidationError("give K/N, such as 3/16, or auto, or auto/N.")
        }
        do throws(ShardError) {
            return .given(try ShardNumber(index: index, count: count))
        } catch {
            throw ValidationError("shard \(index) is not from 1 to \(count).")
        }
    }

    fileprivate func number(in environment: [String: String]) throws(CommandFailure) -> ShardNumber {
        switch self {
        case .given(let number): number
        case .scheduler(let count): try SchedulerArray.number(in: environment, count: count)
        }
    }
}

/// Digits and nothing else.
private enum WholeNumber {
    static func read(_ text: some StringProtocol) -> Int64? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int64(text) : nil
    }
}

/// The task of a job array that this process is, by its scheduler's variables.
///
/// **Source**: sbatch(1), "OUTPUT ENVIRONMENT VARIABLES"; AWS Batch's "Job environment variables"; Kubernetes' "Jobs",
/// "Completion mode".
private enum SchedulerArray: String, CaseIterable {
    case slurm = "Slurm"
    case batch = "AWS Batch"
    case kubernetes = "Kubernetes"

    /// The variable that says which task this is.
    private var indexVariable: String {
        switch self {
        case .slurm: "SLURM_ARRAY_TASK_ID"
        case .batch: "AWS_BATCH_JOB_ARRAY_INDEX"
        case .kubernetes: "JOB_COMPLETION_INDEX"
        }
    }

    /// The shard of this task; `expected` is how many there are, where the command line says so.
    static func number(
        in environment: [String: String], count expected: Int64?
    ) throws(CommandFailure) -> ShardNumber {
        let present = allCases.filter { environment[$0.indexVariable]?.isEmpty == false }
        guard let scheduler = present.first else {
            let names = allCases.map(\.indexVariable).joined(separator: ", ")
            throw refusal("none of \(names) is set: this is no task of a job array; give K/N")
        }
        guard present.count == 1 else {
            let names = present.map(\.indexVariable).joined(separator: " and ")
            throw refusal("\(names) are set: two schedulers at once; give K/N")
        }
        let variables = Variables(environment: environment)
        var (offset, count) = (Int64(0), expected)
        switch scheduler {
        case .slurm:
            let (first, last) = (
                try variables.number("SLURM_ARRAY_TASK_MIN"), try variables.number("SLURM_ARRAY_TASK_MAX")
            )
            let tasks = try variables.number("SLURM_ARRAY_TASK_COUNT")
            guard first <= last, last - first == tasks - 1 else {
                throw refusal(
                    "the \(tasks) tasks of the array are not numbered consecutively from \(first) to \(last); submit "
                        + "it with consecutive numbers, or give K/N")
            }
            (offset, count) = (first, tasks)
        case .batch:
            count = try variables.number("AWS_BATCH_JOB_ARRAY_SIZE")
        case .kubernetes:
            guard count != nil else {
                throw refusal(
                    "\(scheduler.indexVariable) is set, and nothing says how many completions the job has; give "
                        + "auto/N")
            }
        }
        guard let count, expected ?? count == count else {
            throw refusal("\(scheduler.rawValue) says \(count ?? 0) tasks, the command line \(expected ?? 0)")
        }
        let index = try variables.number(scheduler.indexVariable)
        do throws(ShardError) {
            return try ShardNumber(index: index - offset + 1, count: count)
        } catch {
            throw refusal(
                "\(scheduler.indexVariable) \(index) is not from \(offset) to \(offset + count - 1)")
        }
    }

    private struct Variables {
        let environment: [String: String]

        /// The number that the variable `name` holds.
        func number(_ name: String) throws(CommandFailure) -> Int64 {
            guard let text = environment[name], !text.isEmpty else {
                throw SchedulerArray.refusal("\(name) is not set; give K/N")
            }
            // Numbers of tasks are far smaller: their sums stay in range.
            guard let number = WholeNumber.read(text), number <= Int64(Int32.max) else {
                throw SchedulerArray.refusal(
                    "\(name) '\(text.escapedForDisplay)' is no number of a task; give K/N")
            }
            return number
        }
    }

    fileprivate static func refusal(_ finding: String) -> CommandFailure {
        CommandFailure(.usage, "--shard auto: \(finding)")
    }
}
