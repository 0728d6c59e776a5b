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

    private enum Stage {
        /// Between two requests, or while a reply is prepared.
        case idle
        case reading(any IncomingRequest)
        /// Discards the rest of the body, then replies.
        case forgetting(Reply)
        /// The reply was sent; discards the rest of the body, then closes.
        case draining
    }

    private let service: Service
    private let pool: NIOThreadPool
    private let table: ConnectionTable
    private var context: ChannelHandlerContext?
    private var stage = Stage.idle
    private var head: HTTPRequestHead?
    /// The CORS headers of the reply.
    private var pageHeaders: [HeaderField] = []
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
    private func replyToPage(_ head: HTTPRequestHead) -> Reply? {
        let requestID = RequestIdentity.requestID(now: service.configuration.now())
        let asks = head.method == .OPTIONS
        pageHeaders = []
        switch service.crossOrigin.verdict(head.headers) {
        case .noPage: return asks ? .text(status: 200, "", requestID: requestID) : nil
        case .allowed(let origin):
            pageHeaders = CrossOrigin.headers(for: origin)
            guard asks else { return nil }
            var reply = Reply.text(status: 200, "", requestID: requestID)
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

    // MARK: The reply

    /// Sends the reply as modified by the fault.
    private func deliver(_ reply: Reply, to request: any IncomingRequest) {
        let date = request.now
        request.letGo()
        stage = .idle
        guard let context else { return }
        switch request.fault?.effectOnReply {
        case .delay(let milliseconds):
            let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                connection.value.send(reply, date: date)
            }
        case .drop: context.close(promise: nil)
        case .cut: send(reply, date: date, isCut: true)
        case nil: send(reply, date: date)
        }
    }

    private func send(_ reply: Reply, date: Int64, isCut: Bool = false) {
        guard let context, let head else { return }
        let isKept = head.isKeepAlive && !reply.closes && !isCut
        var headers = HTTPHeaders([
            ("Date", HTTPDate.text(date)), ("Server", "tencent-cos"),
            (reply.requestIDHeader, reply.requestID), ("Connection", isKept ? "keep-alive" : "close"),
        ])
        let length = reply.headLength ?? reply.file?.range.length ?? Int64(reply.body.count)
        if reply.later == nil {
            headers.add(name: "Content-Length", value: "\(length)")
        } else {
            headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        if let type = reply.contentType { headers.add(name: "Content-Type", value: type) }
        for field in reply.headers + pageHeaders { headers.add(name: field.name, value: field.value) }
        let responseHead = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: headers)
        context.write(wrapOutboundOut(.head(responseHead)), promise: nil)
        let end = ReplyEnd(closes: !isKept, isCut: isCut)
        if let file = reply.file {
            let range = file.range
            let wanted = isCut ? range.length / 2 : range.length
            return send(file.file, ByteRange(offset: range.offset, length: wanted), end, context)
        }
        if let later = reply.later {
            return wait(until: .now() + .milliseconds(later.milliseconds), for: later.body, end, context)
        }
        let sent = isCut ? reply.body.prefix(reply.body.count / 2) : reply.body[...]
        write(sent, context)
        finish(end, context)
    }

    /// How a reply ends.
    private struct ReplyEnd {
        let closes: Bool
        /// Whether the connection closes in the middle of the reply.
        let isCut: Bool
    }

    private func write(_ bytes: ArraySlice<UInt8>, _ context: ChannelHandlerContext) {
        guard !bytes.isEmpty else { return }
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
    }

    private func finish(_ end: ReplyEnd, _ context: ChannelHandlerContext) {
        guard !end.isCut else {
            context.flush()
            return context.close(promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        let table = table
        let closes: Bool
        if case .draining = stage { closes = false } else { closes = end.closes }
        written.futureResult.whenComplete { _ in
            table.answers(channel, false)
            if closes { channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Sends a file's bytes piece by piece; the next piece is read when the previous one was sent.
    private func send(
        _ file: StoredFile, _ range: ByteRange, _ end: ReplyEnd, _ context: ChannelHandlerContext
    ) {
        guard range.length > 0 else { return finish(end, context) }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        let piece = min(range.length, 1 << 20)
        pool.runIfActive(eventLoop: context.eventLoop) {
            var buffer = ByteBuffer()
            try unsafe file.read(range.offset, piece) { bytes in _ = unsafe buffer.writeBytes(bytes) }
            return buffer
        }.whenComplete { result in
            let connection = connection.value
            guard let context = connection.context else { return }
            // A read error closes the connection: the head has already announced the length.
            guard case .success(let buffer) = result else { return context.close(promise: nil) }
            let rest = ByteRange(offset: range.offset + piece, length: range.length - piece)
            let bound = NIOLoopBound(connection, eventLoop: context.eventLoop)
            context.writeAndFlush(connection.wrapOutboundOut(.body(.byteBuffer(buffer)))).whenSuccess {
                guard let context = bound.value.context else { return }
                bound.value.send(file, rest, end, context)
            }
        }
    }

    /// Keeps the connection alive with white space until the body is due.
    private func wait(
        until due: NIODeadline, for body: [UInt8], _ end: ReplyEnd, _ context: ChannelHandlerContext
    ) {
        write([0x20], context)
        context.flush()
        guard due > .now() else {
            write(body[...], context)
            return finish(end, context)
        }
        let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: min(due, .now() + .seconds(1))) {
            guard let context = connection.value.context else { return }
            connection.value.wait(until: due, for: body, end, context)
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

/// Limits the rate at which a connection is read.
private struct SlowReader {
    private let bytesPerSecond: Int64
    private let begun = NIODeadline.now()
    private var bytes: Int64 = 0
    /// When the bytes read so far would have arrived at that rate.
    private(set) var due = NIODeadline.now()

    init(bytesPerSecond: Int64) { self.bytesPerSecond = bytesPerSecond }

    /// Counts `count` bytes and stops reading until the rate allows more.
    mutating func pause(_ channel: any Channel, after count: Int) {
        bytes += Int64(count)
        let seconds = Double(bytes) / Double(bytesPerSecond)
        due = begun + .nanoseconds(Int64(min(seconds, 1e9) * 1e9))
        guard due > .now() else { return }
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        channel.eventLoop.scheduleTask(deadline: due) {
            channel.setOption(.autoRead, value: true).whenComplete { _ in }
        }
    }
}
