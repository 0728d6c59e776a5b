import ArgumentParser
import COSUpload
import Foundation
import PlanCore
import PlanFiles

/// The command line: parses the arguments and runs one command.
///
/// The only place that ends the process regularly.
@main
struct Cosplan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosplan",
        abstract: "Plan, check and replay uploads to Tencent COS and S3.",
        discussion: """
            Plan on a machine without network, review the manifest, send it elsewhere:

              cosplan hash big.bin --region gz --appid 1251668577 \\
                --bucket iainyu > plan.yaml
              cosplan verify plan.yaml --bytes
              cosplan push plan.yaml --receipt receipt.jsonl

            Secrets come from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY or a profile, never from \
            flags. Sizes are written in bytes, K, M or G: K is 1024.

            More: cosplan help TOPIC, which is one of \(HelpTopic.list).
            """,
        version: Version.text,
        subcommands: [
            HashCommand.self, VerifyCommand.self, PushCommand.self, ShowCommand.self, DiffCommand.self,
            MergeCommand.self, SignCommand.self,
            ServeCommand.self, BenchCommand.self, ConfigCommand.self,
        ])

    /// Parses the arguments, runs the command, and exits with its status.
    ///
    /// Swift's concurrency starts only for commands that need it: that takes time, and without /proc libdispatch traps once a
    /// thread of its shared pool runs.
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        // A limit on file size then shows as a write error.
        signal(SIGXFSZ, SIG_IGN)
        ProcessLimits.raiseOpenFiles()
        // The number of a closed standard input would be the next file's; this one cannot be read either.
        if fcntl(STDIN_FILENO, F_GETFD) < 0 { _ = open("/dev/null", O_WRONLY | O_CLOEXEC) }
        _ = Console.start
        do {
            let arguments = RawArguments.all.dropFirst().map { String(decoding: $0, as: UTF8.self) }
            if let topic = HelpTopic(askedFor: arguments) { return try topic.write() }
            if ManualPage.isAskedFor(by: arguments) { return try ManualPage.write() }
            try run(try checkedCommand())
        } catch {
            end(with: error)
        }
    }

    private static func run(_ command: sending any ParsableCommand) throws {
        if let concurrent = command as? any ConcurrentCommand, concurrent.needs.isConcurrent {
            // Called here because running the command starts other threads.
            TransferGuard.settleAllocator()
            endAfter { try await concurrent.runConcurrently() }
        } else if let asynchronous = command as? any AsyncParsableCommand {
            // As above.
            if command is PushCommand { TransferGuard.settleAllocator() }
            endAfter {
                var asynchronous = asynchronous
                try await asynchronous.run()
            }
        } else {
            var command = command
            try command.run()
        }
    }

    /// Runs `body` and ends the process.
    private static func endAfter(_ body: sending @escaping () async throws -> Void) -> Never {
        Task {
            do {
                try await body()
            } catch {
                end(with: error)
            }
            Foundation.exit(ExitStatus.done.rawValue)
        }
        dispatchMain()
    }

    /// The command, after checking that the system allows what it needs.
    private static func checkedCommand() throws -> any ParsableCommand {
        let command = try parseCommand(RawNames(try words()))
        guard let limited = command as? any LimitedCommand else { return command }
        limited.applyConsole()
        try ProcessLimits.check(type(of: command)._commandName, needs: limited.needs)
        return command
    }

    /// The arguments without the program's name; an empty command line is an error.
    private static func words() throws(CommandFailure) -> [[UInt8]] {
        let words = RawArguments.all.dropFirst()
        guard words.isEmpty else { return Array(words) }
        Console.standardError.problem(helpMessage())
        throw CommandFailure(.usage, "no command given; commands: \(CommandNames.list)")
    }

    /// Parses the arguments; refuses words that are not UTF-8 except as file names of `hash`.
    private static func parseCommand(_ words: RawNames) throws -> any ParsableCommand {
        guard let first = words.foreign.first else {
            try CommandNames.check(words.arguments)
            return try parseCommand(words.arguments)
        }
        // Any other error message would have to show that word.
        if let command = try? parseCommand(words.arguments), words.areNames(of: command) { return command }
        throw CommandFailure(
            .usage,
            "argument '\(first.escapedForDisplay)': it is not UTF-8; manifests and object keys are UTF-8, "
                + "so rename the file first")
    }

    private static func parseCommand(_ arguments: [String]) throws -> any ParsableCommand {
        let long = LongArguments(arguments)
        guard long.isShortened else { return try parseDirectly(arguments) }
        do {
            let command = try parseDirectly(long.shortened)
            guard var named = command as? any ParsableCommand & NamesCommand else { return command }
            named.names = long.restore(named.names)
            return named
        } catch {
            throw LongArgumentsError(error: error, arguments: long)
        }
    }

    /// Parses the named command directly: parsing from the root command would examine that command's options
    /// twice.
    ///
    /// Everything else, such as help and errors, is parsed from the root, whose wording applies.
    private static func parseDirectly(_ arguments: [String]) throws -> any ParsableCommand {
        if let name = arguments.first,
            let named = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
            let command = try? named.parseAsRoot(Array(arguments.dropFirst())), type(of: command) == named
        {
            return command
        }
        do {
            return try parseAsRoot(arguments)
        } catch let error where exitCode(for: error) == .validationFailure {
            throw unknownOption(in: arguments) ?? error
        }
    }

    /// The error for an unknown option, which the parser does not report if names are missing as well.
    private static func unknownOption(in arguments: [String]) -> (any Error)? {
        // No command needs more names.
        for names in [["x"], ["x", "x"]] {
            do {
                _ = try parseAsRoot(arguments + names)
            } catch {
                if message(for: error).hasPrefix("Unknown option") { return error }
            }
        }
        return nil
    }

    private static func end(with error: any Error) -> Never {
        // What the command found before it failed is part of the result.
        if !(error is ClosedPipe) { writeOut() }
        switch error {
        case let failure as CommandFailure:
            if let message = failure.message { Console.standardError.end(error: message) }
            Foundation.exit(failure.status.rawValue)
        case is ClosedPipe:
            endByClosedPipe()
        case let long as LongArgumentsError:
            endWithParserError(long.error, explain: long.arguments.explain)
        default:
            endWithParserError(error)
        }
    }

    private static func writeOut() {
        do {
            try StandardOutput.writeOut()
        } catch let failure as CommandFailure {
            if let message = failure.message { Console.standardError.error(message) }
        } catch {
            // The result has no reader any more; the command's own failure decides the exit status.
        }
    }

    /// Help and version are results; every other parser error is a usage error.
    private static func endWithParserError(
        _ error: any Error, explain: (String) -> String = { $0 }
    ) -> Never {
        let text = explain(fullMessage(for: error))
        switch exitCode(for: error) {
        case .success:
            do {
                let output = try StandardOutput()
                let arguments = RawArguments.all.map { String(decoding: $0, as: UTF8.self) }
                let isScript = CompletionScript.isAskedFor(by: arguments)
                try output.write(Array(((isScript ? CompletionScript.withTopics(text) : text) + "\n").utf8))
                try output.finish()
            } catch {
                end(with: error)
            }
            Foundation.exit(ExitStatus.done.rawValue)
        case .validationFailure:
            let prefix = "Error: "
            let words = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
            Console.standardError.error(
                ParserMessage.shown(
                    ParserMessage.completed(words, help: commandHelp), of: RawArguments.all))
            Foundation.exit(ExitStatus.usage.rawValue)
        default:
            Console.standardError.error("\(text); this is a bug in cosplan, please report it")
            Foundation.exit(ExitStatus.bug.rawValue)
        }
    }

    /// The help of the command that was named; empty if none was.
    private static func commandHelp() -> String {
        let name = RawArguments.all.dropFirst().first.map { String(decoding: $0, as: UTF8.self) }
        let command = configuration.subcommands.first { $0.configuration.commandName == name }
        return command.map { helpMessage(for: $0) } ?? ""
    }

    /// Ends silently by SIGPIPE, as filters do when their reader is gone.
    private static func endByClosedPipe() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        Foundation.exit(ExitStatus.inputOutput.rawValue)
    }
}
