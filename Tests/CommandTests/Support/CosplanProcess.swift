import Foundation
import Synchronization

/// The result of a process.
struct Finished: Sendable {
    /// The exit status; for a signal, 128 plus its number, as in a shell.
    var status: Int32
    var standardOutput: Data
    var standardError: Data

    var output: String { String(decoding: standardOutput, as: UTF8.self) }
    var errors: String { String(decoding: standardError, as: UTF8.self) }
    /// ``errors`` without the progress lines that a command writes when it takes ten seconds.
    var messages: String {
        let progress =
            #/(?m)^(reading|finding files|hashing|writing the manifest|looking|checking|asking|sending)(: .*)?\n/#
        return errors.replacing(progress, with: "")
    }
    var outputLines: [String] {
        output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// Runs the built `cosplan`.
enum CosplanProcess {
    /// The binary next to the test runner.
    static let executable: URL = {
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        for folder in [runner.deletingLastPathComponent(), Bundle.main.bundleURL] {
            let candidate = folder.appending(path: "cosplan")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        // The runner of Swift Testing may be in the toolchain; the bundle is then among its arguments.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "cosplan")
    }()

    /// An environment without secrets, proxies or anything else that could influence the tests.
    static let cleanEnvironment: [String: String] = {
        var kept: [String: String] = ["HOME": "/nonexistent", "LC_ALL": "C.UTF-8"]
        for name in ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "TSAN_OPTIONS", "ASAN_OPTIONS"] {
            kept[name] = ProcessInfo.processInfo.environment[name]
        }
        return kept
    }()

    /// Whether the thread sanitizer runs.
    ///
    /// It writes its own files, which a limit on file size kills.
    static let isThreadSanitized = isLinked("__tsan_init")
    /// Whether a sanitizer runs, whose shadow memory counts as the command's.
    static let isSanitized = isThreadSanitized || isLinked("__asan_init")

    private static func isLinked(_ name: String) -> Bool { unsafe dlsym(nil, name) != nil }

    /// Runs `cosplan` with `arguments` in `folder` and waits for its end.
    static func run(
        _ arguments: [String], in folder: URL, input: Data? = nil, environment: [String: String] = [:]
    ) async throws -> Finished {
        try await run(executable, arguments, in: folder, input: input, environment: environment)
    }

    /// Runs a shell command line in which `cosplan` is the built one.
    static func shell(
        _ line: String, in folder: URL, environment: [String: String] = [:]
    ) async throws -> Finished {
        let prelude = "PATH='\(executable.deletingLastPathComponent().path)':$PATH; "
        return try await run(
            URL(filePath: "/bin/bash"), ["-c", prelude + line], in: folder, environment: environment)
    }

    /// Runs any program and waits for its end, reading both streams concurrently.
    static func run(
        _ program: URL, _ arguments: [String], in folder: URL, input: Data? = nil,
        environment: [String: String] = [:]
    ) async throws -> Finished {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = cleanEnvironment.merging(environment) { $1 }
        let box = ExitStatusBox()
        process.terminationHandler = { ended in
            let signalled = ended.terminationReason == .uncaughtSignal
            box.set(signalled ? 128 + ended.terminationStatus : ended.terminationStatus)
        }
        let pipes = try PrivatePipe.start(pipes: 3) { pipes in
            process.standardOutput = pipes[0]
            process.standardError = pipes[1]
            process.standardInput = input == nil ? FileHandle.nullDevice : pipes[2]
            try process.run()
            return pipes
        }
        async let outputData = readAll(pipes[0].fileHandleForReading)
        async let errorData = readAll(pipes[1].fileHandleForReading)
        if let input {
            // The process may end without reading its input; only its output is tested.
            try? pipes[2].fileHandleForWriting.write(contentsOf: input)
        }
        try pipes[2].fileHandleForWriting.close()
        try pipes[2].fileHandleForReading.close()
        let (output, errors) = await (outputData, errorData)
        return Finished(status: await box.value, standardOutput: output, standardError: errors)
    }

    private static func readAll(_ handle: FileHandle) async -> Data {
        await withCheckedContinuation { continuation in
            Thread {
                let data = handle.readDataToEndOfFile()
                try? handle.close()
                continuation.resume(returning: data)
            }.start()
        }
    }
}

/// An exit status that becomes available later.
///
/// A class, because the termination handler sets it while a test waits.
private final class ExitStatusBox: Sendable {
    private let state = Mutex<(status: Int32?, waiting: CheckedContinuation<Int32, Never>?)>((nil, nil))

    func set(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            return state.waiting
        }
        waiting?.resume(returning: status)
    }

    var value: Int32 {
        get async {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state in
                    if state.status == nil { state.waiting = continuation }
                    return state.status
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }
}
