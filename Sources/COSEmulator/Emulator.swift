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
        let listener: any Channel
        do {
            listener = try await bootstrap(service, threads)
                .bind(host: "127.0.0.1", port: configuration.port).get()
        } catch {
            await stop()
            throw .cannotListen(port: configuration.port, reason: "\(error)")
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

    private func bootstrap(_ service: Service, _ threads: Threads) -> ServerBootstrap {
        let pool = threads.pool
        let limits = configuration.limits
        let open = ConnectionCount()
        return ServerBootstrap(group: threads.group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65_536, maximum: 1 << 20)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try open.admit(channel, limit: limits.connections)
                    service.statistics.withLock { $0.connections += 1 }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(IdleStateHandler(allTimeout: .seconds(limits.idleSeconds)))
                    try pipeline.addHandler(Connection(service: service, pool: pool))
                }
            }
    }
}

/// Counts the connections that are open. Shared by the event loops, so a class.
private final class ConnectionCount: Sendable {
    private let open = Atomic<Int>(0)

    struct TooMany: Error {}

    /// Counts a connection until it closes; one too many is refused, which closes it.
    func admit(_ channel: any Channel, limit: Int) throws {
        let (_, count) = open.add(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { _ in self.open.subtract(1, ordering: .relaxed) }
        if count > limit { throw TooMany() }
    }
}
