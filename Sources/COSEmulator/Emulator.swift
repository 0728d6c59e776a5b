import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The service on 127.0.0.1, for rehearsals and tests.
///
/// It checks everything it receives.
///
/// Every well-formed appid and bucket exists; folders are created implicitly. It prints nothing. A class,
/// because it is a running server: call ``start()`` once and ``stop()`` once.
public final class Emulator: Sendable {
    private let configuration: EmulatorConfiguration
    private let state = Mutex(State())

    private struct State {
        var wasStarted = false
        var threads: Threads?
        var service: Service?
        var listener: (any Channel)?
        /// The value of ``statistics`` when it stopped.
        var lastStatistics = EmulatorStatistics()
    }

    /// The event loops do sockets, hashing and slices; the thread pool does everything else.
    private struct Threads {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let pool = NIOThreadPool(numberOfThreads: 2)
    }

    /// Creates an emulator; it is not running yet.
    public init(_ configuration: EmulatorConfiguration = EmulatorConfiguration()) {
        self.configuration = configuration
    }

    /// Starts listening and returns the port.
    ///
    /// - Throws: ``EmulatorError`` if the root or the port cannot be used. There is nothing to stop then.
    /// - Returns: the port.
    @discardableResult
    public func start() async throws(EmulatorError) -> Int {
        let isFirst = state.withLock { state in
            defer { state.wasStarted = true }
            return !state.wasStarted
        }
        guard isFirst else { throw .startedBefore }
        let service: Service
        do throws(StoreError) {
            service = try Service(configuration)
        } catch {
            let isInUse = error.doing == "lock" && error.code == EWOULDBLOCK
            throw .cannotUseRoot(
                path: configuration.root ?? "", reason: isInUse ? "another emulator uses it" : "\(error)")
        }
        let threads = Threads()
        threads.pool.start()
        state.withLock { state in
            state.service = service
            state.threads = threads
        }
        let descriptors = DescriptorLimit.current
        guard descriptors.connections > 0 else {
            await stop()
            throw .tooFewDescriptors(limit: descriptors.limit, needed: descriptors.needed)
        }
        let connections = min(configuration.limits.connections, descriptors.connections)
        let listener: any Channel
        do {
            listener = try await bootstrap(service, threads, connections: connections)
                .bind(host: "127.0.0.1", port: configuration.port).get()
        } catch {
            await stop()
            throw .cannotListen(
                port: configuration.port, code: (error as? IOError)?.errnoCode ?? 0, reason: "\(error)")
        }
        state.withLock { $0.listener = listener }
        return listener.localAddress?.port ?? configuration.port
    }

    /// The address it listens on, `http://127.0.0.1:PORT`; nil while it is not running.
    public var url: String? {
        state.withLock { $0.listener?.localAddress?.port }.map { "http://127.0.0.1:\($0)" }
    }

    /// The counts since it was started; available after it stopped as well.
    public var statistics: EmulatorStatistics {
        state.withLock { state in
            guard let service = state.service else { return state.lastStatistics }
            var statistics = service.statistics.withLock { $0 }
            statistics.heldBytes = service.held.bytes
            return statistics
        }
    }

    /// What it found damaged below its root at start and set aside, one line each; empty before the start.
    public var notices: [String] { state.withLock { $0.service?.store?.notices ?? [] } }

    /// Closes every connection and stops.
    ///
    /// Files below the root stay, for the next emulator to continue with.
    ///
    /// Later calls do nothing.
    public func stop() async {
        let (listener, threads) = state.withLock { state in
            defer {
                state.listener = nil
                state.threads = nil
            }
            return (state.listener, state.threads)
        }
        guard let threads else { return }
        // Errors on closing a socket or thread are ignored: nothing can be done about them.
        try? await listener?.close()
        // Finishes work in progress before closing the sockets that wait for it.
        try? await threads.pool.shutdownGracefully()
        try? await threads.group.shutdownGracefully()
        state.withLock { state in
            if let service = state.service {
                state.lastStatistics = service.statistics.withLock { $0 }
                service.store?.unlock()
            }
            state.service = nil
        }
    }

    private func bootstrap(
        _ service: Service, _ threads: Threads, connections: Int
    ) -> ServerBootstrap {
        let pool = threads.pool
        let idleSeconds = configuration.limits.idleSeconds
        let table = ConnectionTable(limit: connections)
        return ServerBootstrap(group: threads.group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Waits a second before the next accept if the process is out of descriptors.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65_536, maximum: 1 << 20)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try table.admit(channel) { channel.close(promise: nil) }
                    channel.closeFuture.whenComplete { _ in table.remove(channel) }
                    service.statistics.withLock { $0.connections += 1 }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(idleSeconds)))
                    try pipeline.addHandler(Connection(service: service, pool: pool, table: table))
                }
            }
    }
}

/// Why an emulator cannot run.
public enum EmulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The port is not available.
    ///
    /// `code` is the system's errno, 0 if there is none; `reason` is its text.
    case cannotListen(port: Int, code: Int32, reason: String)
    /// The root cannot be used.
    ///
    /// `reason` names the call that failed.
    case cannotUseRoot(path: String, reason: String)
    /// The limit on open files, `limit`, leaves no room for connections; `needed` would be enough.
    case tooFewDescriptors(limit: Int, needed: Int)
    /// It was already started once.
    case startedBefore

    /// One line: what was found and what to do.
    public var description: String {
        switch self {
        case .cannotListen(let port, _, let reason):
            "127.0.0.1:\(port): cannot listen: \(reason.escapedForDisplay); choose another port, or 0"
        case .cannotUseRoot(let path, let reason):
            "\(path.escapedForDisplay): cannot keep objects there: \(reason); choose another folder"
        case .tooFewDescriptors(let limit, let needed):
            "emulator: the process may have \(limit) files open; raise the limit to \(needed) or more"
        case .startedBefore: "emulator: it was started before; make another one"
        }
    }
}
