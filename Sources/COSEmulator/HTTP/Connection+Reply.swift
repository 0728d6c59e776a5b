import COSProtocol
import NIOCore
import NIOHTTP1
import NIOPosix
import PlanCore
import ServiceCore

extension Connection {
    /// Sends the reply as modified by the fault.
    func deliver(_ reply: EmulatorReply, to request: any IncomingRequest) {
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

    func send(_ reply: EmulatorReply, date: Int64, isCut: Bool = false) {
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
}
