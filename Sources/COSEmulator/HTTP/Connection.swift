import COSProtocol
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One connection: requests in, replies out, and what faults do on the way.
///
/// Lives on its event loop. Slices are hashed and written there; all other work is done by the thread pool,
/// because it may read files back.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let service: Service
    private let pool: NIOThreadPool
    private var context: ChannelHandlerContext?
    private var exchange: Exchange?
    private var head: HTTPRequestHead?
    private var slowReader: SlowReader?
    /// How much of a body that was refused unread may still come; nil where none was. **Unit**: bytes.
    private var drainBytes: Int64?

    init(service: Service, pool: NIOThreadPool) {
        self.service = service
        self.pool = pool
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        exchange = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchange = nil
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let buffer): take(buffer, context)
        case .end: end(context)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let exchange = Exchange(head, service)
        self.head = head
        let declared = head.headers.first(name: "content-length").flatMap { Int64($0) } ?? 0
        guard declared <= service.limits.bodyBytes else {
            let refusal = Refusal.form(
                "the body has \(declared) bytes, the limit is \(service.limits.bodyBytes)")
            var reply = service.refusal(refusal, requestID: exchange.requestID)
            reply.closes = true
            // Closed at once, the connection would be reset, and the answer lost with it. Who waits for leave to
            // send the body closes by himself.
            drainBytes = service.limits.bodyBytes * 8
            return send(reply, date: exchange.now)
        }
        self.exchange = exchange
        if head.headers.contains(name: "expect") {
            let goOn = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
        }
    }

    private func take(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        if let left = drainBytes {
            drainBytes = left - Int64(buffer.readableBytes)
            if left < buffer.readableBytes { context.close(promise: nil) }
            return
        }
        guard let exchange else { return }
        exchange.take(buffer)
        switch exchange.fault {
        case .reset(.before): reset(context)
        case .reset(.during):
            let declared = head?.headers.first(name: "content-length").flatMap { Int64($0) } ?? 0
            if exchange.bodyBytes * 2 >= declared { reset(context) }
        case .slowRead(let rate):
            if slowReader == nil { slowReader = SlowReader(bytesPerSecond: rate) }
            slowReader?.pause(context.channel, after: buffer.readableBytes)
        default: break
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        if drainBytes != nil { return context.close(promise: nil) }
        guard let exchange else { return }
        if let due = slowReader?.due {
            slowReader = nil
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(deadline: due) { connection.value.endLater() }
            return
        }
        let outcome = exchange.end()
        if case .reset? = exchange.fault { return reset(context) }
        let fault = exchange.fault
        let date = exchange.now
        switch outcome {
        case .reply(let reply): deliver(reply, fault, date)
        case .slice(let intake, let request): deliver(service.take(intake, request), fault, date)
        case .work(let request):
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            let service = service
            pool.runIfActive(eventLoop: context.eventLoop) { service.reply(to: request) }
                .whenSuccess { connection.value.deliver($0, fault, date) }
        }
    }

    private func endLater() {
        if let context { end(context) }
    }

    /// Sends the reply as the fault leaves it.
    private func deliver(_ reply: Reply, _ fault: FaultAction?, _ date: Int64) {
        exchange?.letGo()
        exchange = nil
        guard let context else { return }
        switch fault {
        case .delay(let milliseconds):
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                connection.value.send(reply, date: date)
            }
        case .dropReply: context.close(promise: nil)
        case .cutReply: send(reply, date: date, cut: true)
        default: send(reply, date: date)
        }
    }

    private func send(_ reply: Reply, date: Int64, cut: Bool = false) {
        guard let context, let head else { return }
        let isKept = head.isKeepAlive && !reply.closes && !cut
        var headers = HTTPHeaders([
            ("Content-Length", "\(reply.body.count)"), ("Date", HTTPDate.text(date)),
            ("Server", "tencent-cos"), (WireName.requestIDHeader, reply.requestID),
            ("Connection", isKept ? "keep-alive" : "close"),
        ])
        if let type = reply.contentType { headers.add(name: "Content-Type", value: type) }
        if let location = reply.location { headers.add(name: "Location", value: location) }
        let responseHead = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        let sent = cut ? reply.body.prefix(reply.body.count / 2) : reply.body[...]
        if !sent.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: sent)))), promise: nil)
        }
        guard !cut else {
            context.flush()
            return context.close(promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        if !isKept, drainBytes == nil {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Ends the connection with a TCP reset: what was not yet sent or read is thrown away.
    private func reset(_ context: ChannelHandlerContext) {
        exchange = nil
        if let socket = context.channel as? any SocketOptionProvider {
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context.close(promise: nil)
    }
}
