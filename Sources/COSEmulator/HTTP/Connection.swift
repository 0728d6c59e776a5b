import COSProtocol
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import PlanCore
import ServiceCore

/// One HTTP connection: reads requests, sends replies and applies faults to both.
///
/// Runs on its event loop. Slices are hashed and written there; all other work is done by the thread pool,
/// because it may read files.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    enum Stage {
        /// Between two requests, or while a reply is prepared.
        case idle
        case reading(any IncomingRequest)
        /// Discards the rest of the body, then replies.
        case forgetting(EmulatorReply)
        /// The reply was sent; discards the rest of the body, then closes.
        case draining
    }

    private let service: Service
    let pool: NIOThreadPool
    let table: ConnectionTable
    var context: ChannelHandlerContext?
    var stage = Stage.idle
    var head: HTTPRequestHead?
    /// The CORS headers of the reply.
    var pageHeaders: [HeaderField] = []
    private var slowReader: SlowReader?
    /// How much of a discarded body may still arrive.
    ///
    /// **Unit**: bytes.
    private var forgettableBytes: Int64 = 0

    init(service: Service, pool: NIOThreadPool, table: ConnectionTable) {
        self.service = service
        self.pool = pool
        self.table = table
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        stage = .idle
    }

    func channelInactive(context: ChannelHandlerContext) {
        stage = .idle
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        table.heard(context.channel)
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let buffer): take(buffer, context)
        case .end: end(context)
        }
    }

    // MARK: The request

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.head = head
        forgettableBytes = max(service.limits.bodyBytes * 8, UploadedPart.maximumSize)
        if let reply = replyToPage(head) {
            stage = .forgetting(reply)
        } else {
            let request = service.incoming(head)
            if let declared = contentLength, var reply = request.refusal(ofLength: declared) {
                // Closing at once would reset the connection and lose the reply. A client that waits for 100
                // Continue closes the connection itself.
                reply.closes = true
                stage = .draining
                return send(reply, date: request.now)
            }
            stage = .reading(request)
        }
        if head.headers.contains(name: "expect") {
            let goOn = HTTPResponseHead(version: head.version, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
        }
    }

    private var contentLength: Int64? {
        head?.headers.first(name: "content-length").flatMap { Int64($0) }
    }

    /// The reply to a web page that may not use the emulator, or to a CORS preflight; nil for any other
    /// request.
    private func replyToPage(_ head: HTTPRequestHead) -> EmulatorReply? {
        let requestID = RequestIdentity.requestID(now: service.configuration.now())
        let asks = head.method == .OPTIONS
        pageHeaders = []
        switch service.crossOrigin.verdict(head.headers) {
        case .noPage: return asks ? .text(status: 200, "", requestID: requestID) : nil
        case .allowed(let origin):
            pageHeaders = CrossOrigin.headers(for: origin)
            guard asks else { return nil }
            var reply = EmulatorReply.text(status: 200, "", requestID: requestID)
            reply.headers = CrossOrigin.preflightHeaders(head.headers)
            return reply
        case .refused(let origin):
            return .text(
                status: 403,
                "pages of \(origin.escapedForDisplay(limit: 200)) may not use this emulator; add it to the "
                    + "allowed origins\n", requestID: requestID)
        }
    }

    private func take(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        switch stage {
        case .idle: return
        case .forgetting, .draining:
            forgettableBytes -= Int64(buffer.readableBytes)
            if forgettableBytes < 0 { context.close(promise: nil) }
        case .reading(let request):
            request.take(buffer)
            switch request.fault?.effectOnBody {
            case .reset(.before): reset(context)
            case .reset(.during): if request.bodyBytes * 2 >= contentLength ?? 0 { reset(context) }
            case .slowRead(let rate):
                if slowReader == nil { slowReader = SlowReader(bytesPerSecond: rate) }
                slowReader?.pause(context.channel, after: buffer.readableBytes)
            case .reset(.after), nil: break
            }
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        switch stage {
        case .idle: return
        case .draining: context.close(promise: nil)
        case .forgetting(let reply):
            stage = .idle
            send(reply, date: service.configuration.now())
        case .reading(let request):
            if let due = slowReader?.due {
                slowReader = nil
                let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
                context.eventLoop.scheduleTask(deadline: due) {
                    if let context = connection.value.context { connection.value.end(context) }
                }
            } else {
                answer(request, context)
            }
        }
    }

    private func answer(_ request: any IncomingRequest, _ context: ChannelHandlerContext) {
        table.answers(context.channel, true)
        let outcome = request.end()
        if case .reset? = request.fault?.effectOnBody { return reset(context) }
        switch outcome {
        case .reply(let reply): deliver(reply, to: request)
        case .here(let work): deliver(work(), to: request)
        case .work(let work):
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            let request = NIOLoopBound(request, eventLoop: context.eventLoop)
            pool.runIfActive(eventLoop: context.eventLoop, work)
                .whenSuccess { connection.value.deliver($0, to: request.value) }
        }
    }

    /// Closes the connection with a TCP reset: unsent and unread data is discarded.
    private func reset(_ context: ChannelHandlerContext) {
        stage = .idle
        if let socket = context.channel as? any SocketOptionProvider {
            _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        context.close(promise: nil)
    }
}
