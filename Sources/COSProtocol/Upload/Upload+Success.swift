import PlanCore

extension Upload {
    mutating func acceptSuccess(_ data: ReplyData, to step: UploadStep) throws(ReplyProblem) {
        switch step.action {
        case .initialize:
            switch try InitOperation.Reply(data) {
            case .instant(let urls): end(.instant(urls))
            case .fresh(let session, let size, let serial):
                try send(session: session, sliceSize: size, serial: serial, operation: .initialize)
            }
        case .list:
            switch try ListOperation.Reply(data) {
            case .complete: compare(because: nil)
            case .unfinished(let unfinished): try resume(unfinished)
            }
        case .data(_, let range):
            let reply = try DataOperation.Reply(data)
            if let offset = reply.offset, offset != range.offset {
                throw .unusable(field: WireName.offset, value: offset, operation: .data)
            }
            slicesSent += 1
            bytesArrived += range.length
            if reply.serial { isSerial = true }
        case .finish, .simpleUpload: end(.uploaded(ObjectURLs(data)))
        case .stat: compare(with: StatOperation.Reply(data))
        }
    }

    private mutating func send(
        session: String, sliceSize answered: Int64?, serial: Bool, operation: ServiceOperation,
        arrived: Set<Int> = []
    ) throws(ReplyProblem) {
        let size = answered ?? plan.sliceSize.bytes
        guard Self.usableSliceSizes.contains(size) else {
            throw .unusable(field: WireName.sliceSize, value: size, operation: operation)
        }
        sliceSize = size
        isSerial = serial
        let layout = Layout(fileSize: plan.fileSize, pieceSize: size)
        bytesArrived = arrived.reduce(0) { $0 + layout.range(of: $1).length }
        phase = .sending(Sending(session: session, layout: layout, arrived: arrived))
    }

    /// Resumes an unfinished upload if it has this plan's content.
    private mutating func resume(_ unfinished: UnfinishedUpload) throws(ReplyProblem) {
        let sameSHA = unfinished.sha.map { $0.utf8.elementsEqual(plan.sha.hex.utf8) } ?? true
        guard unfinished.fileSize == plan.fileSize, sameSHA else {
            let found = UploadRefusal.Content(length: unfinished.fileSize, sha: unfinished.sha)
            end(.refused(.otherUnfinishedUpload(planned: planned, found: found)))
            return
        }
        let size = unfinished.sliceSize ?? plan.sliceSize.bytes
        guard Self.usableSliceSizes.contains(size) else {
            throw .unusable(field: WireName.sliceSize, value: size, operation: .list)
        }
        let layout = Layout(fileSize: plan.fileSize, pieceSize: size)
        var arrived: Set<Int> = []
        for range in unfinished.arrived {
            guard range.offset < plan.fileSize, range == layout.range(of: Int(range.offset / size)) else {
                end(.refused(.foreignSlice(range, sliceSize: size)))
                return
            }
            arrived.insert(Int(range.offset / size))
        }
        if slicesSent == 0 {
            slicesFound = arrived.count
            foundUnfinished = true
        }
        try send(
            session: unfinished.session, sliceSize: size, serial: unfinished.serial, operation: .list,
            arrived: arrived)
    }

    /// Asks stat what is at the key.
    ///
    /// The upload never succeeds without this comparison.
    mutating func compare(because error: ServiceError?) {
        comparingBecause = error
        phase = .ready(.stat)
    }

    private mutating func compare(with object: StatOperation.Reply) {
        // A size of 0 is as good as the sha of no bytes.
        let sameSHA =
            plan.fileSize == 0 || object.sha.map { $0.utf8.elementsEqual(plan.sha.hex.utf8) } == true
        if object.length == plan.fileSize, sameSHA {
            end(.alreadyThere(object.urls))
        } else if plan.insertOnly == .overwrite, beginningsLeft > 0 {
            beginAgain()
        } else {
            let found = UploadRefusal.Content(length: object.length, sha: object.sha)
            end(.refused(.otherObject(planned: planned, found: found)))
        }
    }

    /// Starts again, once no request is in flight.
    mutating func beginAgain() {
        beginningsLeft -= 1
        bytesArrived = 0
        phase = .ready(beginning)
    }
}
