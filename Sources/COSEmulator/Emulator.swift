import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The service on 127.0.0.1, for rehearsals and tests: it believes nothing that it is sent.
///
/// Every well-formed appid and bucket exists, folders appear by themselves. It prints nothing. A class because it
/// is a running server: ``start()`` it once, ``stop()`` it once.
public final class Emulator: Sendable {
    private let configuration: EmulatorConfiguration
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    private let pool = NIOThreadPool(numberOfThreads: 2)
    private let state = Mutex(State())

    private struct State {
        var wasStarted = false
        var wasStopped = false
        var service: Service?
        var listener: (any Channel)?
    }

    /// An emulator that does not run yet.
    public init(_ configuration: EmulatorConfiguration = EmulatorConfiguration()) {
        self.configuration = configuration
    }

    /// Listens; gives back the port.
    ///
    /// - Throws: ``EmulatorError`` where the root or the port cannot be used. ``stop()`` it all the same.
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
        pool.start()
        let listener: any Channel
        do {
            listener = try await bootstrap(service).bind(host: "127.0.0.1", port: configuration.port).get()
        } catch { throw .cannotListen(port: configuration.port, reason: "\(error)") }
        state.withLock { state in
            state.service = service
            state.listener = listener
        }
        return listener.localAddress?.port ?? configuration.port
    }

    /// Where it listens, `http://127.0.0.1:PORT`; nil while it does not.
    public var url: String? {
        state.withLock { $0.listener?.localAddress?.port }.map { "http://127.0.0.1:\($0)" }
    }

    /// What it was asked so far.
    public var statistics: EmulatorStatistics {
        state.withLock { $0.service }?.statistics.withLock { $0 } ?? EmulatorStatistics()
    }

    /// Closes every connection and ends; what is under the root stays. Calling it twice is allowed.
    public func stop() async {
        let (isFirst, listener) = state.withLock { state in
            defer {
                state.wasStopped = true
                state.listener = nil
            }
            return (!state.wasStopped, state.listener)
        }
        guard isFirst else { return }
        // Nothing is left to do about a socket that does not close.
        try? await listener?.close()
        try? await group.shutdownGracefully()
        try? await pool.shutdownGracefully()
    }

    private func bootstrap(_ service: Service) -> ServerBootstrap {
        let pool = pool
        let limits = configuration.limits
        let open = ConnectionCount()
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
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
