import Foundation

/// A running `cosplan serve`, terminated with the object.
final class ServeProcess: @unchecked Sendable {
    // Safety: everything is set in the initializer; afterwards Process is only terminated.
    private let process = Process()
    /// `http://127.0.0.1:PORT`.
    let url: String
    /// The environment variables with which `push` uses this server.
    static let credentials = [
        "COSPLAN_SECRET_ID": "AKIDTESTTESTTESTTEST", "COSPLAN_SECRET_KEY": "keykeykeykeykeykeykeykey",
    ]

    /// Starts it and waits until it is ready.
    init(_ arguments: [String] = [], in folder: URL) throws {
        process.executableURL = CosplanProcess.executable
        process.arguments = ["serve"] + arguments
        process.currentDirectoryURL = folder
        process.environment = CosplanProcess.cleanEnvironment.merging(Self.credentials) { $1 }
        url = try process.startAndReadLine()
    }

    var port: String { url.split(separator: ":").last.map(String.init) ?? "" }

    /// Starts another server at the same port, which this one has given up.
    func restarted(_ arguments: [String], in folder: URL) async throws -> ServeProcess {
        // A connection of another test may have the port for a moment.
        for _ in 0..<60 {
            if let server = try? ServeProcess(arguments + ["--port", port], in: folder) { return server }
            try await Task.sleep(for: .seconds(1))
        }
        return try ServeProcess(arguments + ["--port", port], in: folder)
    }

    /// The process id.
    var processNumber: Int32 { process.processIdentifier }

    /// Ends it like a power cut.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Stops it until it gets SIGCONT; who connects meanwhile waits.
    func pause() { Foundation.kill(process.processIdentifier, SIGSTOP) }

    /// Ends it like its user would.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
}

extension Process {
    /// A server that ended before it printed its first line.
    struct NotReady: Error {}

    /// Starts a server that prints a line once it is ready, and returns that line.
    func startAndReadLine() throws -> String {
        standardError = FileHandle.nullDevice
        let output = try PrivatePipe.start(pipes: 1) { pipes in
            standardOutput = pipes[0]
            try run()
            return pipes[0]
        }
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw NotReady() }
            line += more
        }
        return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The target of the tests' uploads.
enum TestTarget {
    static let flags = ["--region", "gz", "--appid", "1251668577", "--bucket", "xy2"]
    /// The folder in which `serve --root` stores the objects of that target.
    static let objects = "objects/1251668577/xy2"
}
