import Foundation

/// What a finished process left behind.
struct Finished: Sendable {
    /// The exit status; for a signal, 128 and its number, as a shell says it.
    var status: Int32
    var standardOutput: Data
    var standardError: Data

    var output: String { String(decoding: standardOutput, as: UTF8.self) }
    var errors: String { String(decoding: standardError, as: UTF8.self) }
    var outputLines: [String] {
        output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// The built `cosplan`, run as its users run it.
enum CosplanProcess {
    /// The binary beside the test runner.
    static let executable: URL = {
        let runner = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        for folder in [runner.deletingLastPathComponent(), Bundle.main.bundleURL] {
            let candidate = folder.appending(path: "cosplan")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        // The runner of Swift Testing may live in the toolchain; its first argument then names the bundle.
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "cosplan")
    }()

    /// An environment without secrets, proxies or anything else that could change what is tested.
    static let cleanEnvironment: [String: String] = {
        var kept: [String: String] = ["HOME": "/nonexistent", "LC_ALL": "C.UTF-8"]
        for name in ["PATH", "TMPDIR", "LD_LIBRARY_PATH", "TSAN_OPTIONS", "ASAN_OPTIONS"] {
            kept[name] = ProcessInfo.processInfo.environment[name]
        }
        return kept
    }()

    /// Runs `cosplan` with `arguments` in `folder` and waits for its end.
    static func run(
        _ arguments: [String], in folder: URL, input: Data? = nil, environment: [String: String] = [:]
    ) async throws -> Finished {
        try await run(executable, arguments, in: folder, input: input, environment: environment)
    }

    /// Runs a line of shell in which `cosplan` is the built one.
    static func shell(
        _ line: String, in folder: URL, environment: [String: String] = [:]
    ) async throws -> Finished {
        let prelude = "PATH='\(executable.deletingLastPathComponent().path)':$PATH; "
        return try await run(
            URL(filePath: "/bin/bash"), ["-c", prelude + line], in: folder, environment: environment)
    }

    /// Runs any program and waits for its end, reading both streams as they come.
    static func run(
        _ program: URL, _ arguments: [String], in folder: URL, input: Data? = nil,
        environment: [String: String] = [:]
    ) async throws -> Finished {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = cleanEnvironment.merging(environment) { $1 }
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        let source = input.map { _ in Pipe() }
        process.standardInput = source ?? FileHandle.nullDevice
        async let ended: Int32 = withCheckedContinuation { continuation in
            process.terminationHandler = { ended in
                let signalled = ended.terminationReason == .uncaughtSignal
                continuation.resume(
                    returning: signalled ? 128 + ended.terminationStatus : ended.terminationStatus)
            }
            do {
                try process.run()
            } catch {
                continuation.resume(returning: -1)
                try? output.fileHandleForWriting.close()
                try? errors.fileHandleForWriting.close()
            }
        }
        async let outputData = readAll(output.fileHandleForReading)
        async let errorData = readAll(errors.fileHandleForReading)
        if let input, let source {
            // The process may end without reading its input; what it answers is what is tested.
            try? source.fileHandleForWriting.write(contentsOf: input)
            try source.fileHandleForWriting.close()
        }
        return await Finished(
            status: ended, standardOutput: outputData, standardError: errorData)
    }

    private static func readAll(_ handle: FileHandle) async -> Data {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: handle.readDataToEndOfFile()) }.start()
        }
    }
}
