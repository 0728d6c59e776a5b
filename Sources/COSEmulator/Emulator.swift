import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The service on 127.0.0.1, for rehearsals and tests: it believes nothing that it is sent.
///
/// Every well-formed appid and bucket exists, folders appear by themselves. It prints nothing. A class
/// because it is a running server: ``start()`` it once, ``stop()`` it once.
public final class Emulator: Sendable {
    private let configuration: EmulatorConfiguration
    private let state = Mutex(State())

    private struct State {
        var wasStarted = false
        var threads: Threads?
        var service: Service?
        var listener: (any Channel)?
        /// What ``statistics`` was when it stopped.
        var lastStatistics = EmulatorStatistics()
    }

    /// Sockets, hashing and slices on one kind; everything else on the other.
    private struct Threads {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let pool = NIOThreadPool(numberOfThreads: 2)
    }

    /// An emulator that does not run yet.
    public init(_ configuration: EmulatorConfiguration = EmulatorConfiguration()) {
        self.configuration = configuration
    }

    /// Listens; gives back the port.
    ///
    /// - Throws: ``EmulatorError`` where the root or the port cannot be used; then there is nothing to stop.
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
            throw .cannotUseRoot(path: configuration.root ?? "", reason: "\(error)")
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

    /// Where it listens, `http://127.0.0.1:PORT`; nil while it does not.
    public var url: String? {
        state.withLock { $0.listener?.localAddress?.port }.map { "http://127.0.0.1:\($0)" }
    }

    /// What it was asked so far, also after it stopped.
    public var statistics: EmulatorStatistics {
        state.withLock { state in
            state.service?.statistics.withLock { $0 } ?? state.lastStatistics
        }
    }

    /// What it found damaged below its root at the start and set aside, a line each; empty before the start.
    public var notices: [String] { state.withLock { $0.service?.store?.notices ?? [] } }

    /// Closes every connection and ends; what is under the root stays, for the next emulator to go on with.
    /// Calling it twice is allowed.
    public func stop() async {
        let (listener, threads) = state.withLock { state in
            defer {
                state.listener = nil
                state.threads = nil
            }
            return (state.listener, state.threads)
        }
        guard let threads else { return }
        // Nothing is left to do about a socket or a thread that does not end.
        try? await listener?.close()
        // Work that has begun is done before the sockets that wait for it close.
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
                    // Where the process has no descriptor left, the next attempt waits for a second.
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

/// Why an emulator does not run.
public enum EmulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The port cannot be had; `code` is the system's error number, 0 where it had none, `reason` its words.
    case cannotListen(port: Int, code: Int32, reason: String)
    /// The root cannot be used; `reason` names the call that failed.
    case cannotUseRoot(path: String, reason: String)
    /// The process may have `limit` files open, which leaves no room for connections; `needed` would.
    case tooFewDescriptors(limit: Int, needed: Int)
    /// It was started before.
    case startedBefore

    public var description: String {
        switch self {
        case .cannotListen(let port, _, let reason):
            "127.0.0.1:\(port): cannot listen: \(reason.escapedForDisplay); choose another port, or 0"
        case .cannotUseRoot(let path, let reason):
            "\(path.escapedForDisplay): cannot keep objects there: \(reason); choose another folder, or end the "
                + "emulator that uses it"
        case .tooFewDescriptors(let limit, let needed):
            "emulator: the process may have \(limit) files open; raise the limit to \(needed) or more"
        case .startedBefore: "emulator: it was started before; make another one"
        }
    }
}
