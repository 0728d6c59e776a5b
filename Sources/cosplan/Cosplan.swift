import ArgumentParser
import COSUpload
import Foundation
import PlanCore
import PlanFiles

/// The command line: parses, runs one command, and is the only place that ends the process.
@main
struct Cosplan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosplan",
        abstract: "Plan, check and replay uploads to Tencent COS (JSON API v4, slice upload).",
        discussion: """
            Plan on a machine without network, review the manifest, send it elsewhere:

              cosplan hash big.bin --region gz --appid 1251668577 \\
                --bucket iainyu > plan.yaml
              cosplan verify plan.yaml --bytes
              cosplan push plan.yaml --receipt receipt.jsonl

            Secrets come from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY or a profile, never from \
            flags.
            """,
        version: Version.text,
        subcommands: [
            HashCommand.self, VerifyCommand.self, PushCommand.self, ShowCommand.self, DiffCommand.self,
            MergeCommand.self,
            ServeCommand.self, BenchCommand.self,
        ])

    /// Parses the arguments, runs the command, and ends the process with the right status.
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        // A limit on the size of files shows as an error of the write then.
        signal(SIGXFSZ, SIG_IGN)
        ProcessLimits.raiseOpenFiles()
        do {
            var command = try checkedCommand()
            if var asynchronous = command as? any AsyncParsableCommand {
                // Here, because running it begins other threads.
                if command is PushCommand { TransferGuard.settleAllocator() }
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// The command, once the system allows it what it needs.
    private static func checkedCommand() throws -> any ParsableCommand {
        let command = try parseCommand(RawNames(try words()))
        guard let limited = command as? any LimitedCommand else { return command }
        try ProcessLimits.check(type(of: command)._commandName, needs: limited.needs)
        return command
    }

    /// The arguments without the program's name; none at all are no command.
    private static func words() throws(CommandFailure) -> [[UInt8]] {
        let words = RawArguments.all.dropFirst()
        guard words.isEmpty else { return Array(words) }
        Console.standardError.problem(helpMessage())
        throw CommandFailure(.usage, "no command given; commands: \(CommandNames.list)")
    }

    /// A word that is not UTF-8 could only name a wrong file once Swift has repaired it.
    private static func parseCommand(_ words: RawNames) throws -> any ParsableCommand {
        guard let first = words.foreign.first else {
            try CommandNames.check(words.arguments)
            return try parseCommand(words.arguments)
        }
        // Whatever else is wrong, it cannot be said without showing that word.
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

    /// Lets the parser begin at the command that is named: from the top it looks at that command's options twice.
    ///
    /// Whatever is not simply that command, help and errors among them, goes to it whole, for the words are those of
    /// the whole.
    private static func parseDirectly(_ arguments: [String]) throws -> any ParsableCommand {
        if let name = arguments.first,
            let named = configuration.subcommands.first(where: { $0.configuration.commandName == name }),
            let command = try? named.parseAsRoot(Array(arguments.dropFirst())), type(of: command) == named
        {
            return command
        }
        return try parseAsRoot(arguments)
    }

    private static func end(with error: any Error) -> Never {
        // What the command found before it failed is a result, too.
        if !(error is ClosedPipe) { writeOut() }
        switch error {
        case let failure as CommandFailure:
            if let message = failure.message { Console.standardError.error(message) }
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
            // The result's reader went away, and the command has a failure of its own to end with.
        }
    }

    /// Help and version are results; everything else the parser says is a usage error.
    private static func endWithParserError(
        _ error: any Error, explain: (String) -> String = { $0 }
    ) -> Never {
        let text = explain(fullMessage(for: error))
        switch exitCode(for: error) {
        case .success:
            do {
                let output = try StandardOutput()
                try output.write(Array((text + "\n").utf8))
                try output.finish()
            } catch {
                end(with: error)
            }
            Foundation.exit(ExitStatus.done.rawValue)
        case .validationFailure:
            let prefix = "Error: "
            let words = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
            Console.standardError.error(ParserMessage.shown(words, of: RawArguments.all))
            Foundation.exit(ExitStatus.usage.rawValue)
        default:
            Console.standardError.error("\(text); this is a bug in cosplan, please report it")
            Foundation.exit(ExitStatus.bug.rawValue)
        }
    }

    /// Ends as every filter does whose reader went away: without words, by SIGPIPE.
    private static func endByClosedPipe() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        Foundation.exit(ExitStatus.inputOutput.rawValue)
    }
}
