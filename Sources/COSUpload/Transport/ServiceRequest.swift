import COSProtocol
import PlanCore
import ServiceCore

/// One request to the service, signed or not yet.
package struct ServiceRequest: Sendable {
    /// What is asked.
    package let operation: ServiceOperation
    /// Where to.
    package let endpoint: Endpoint
    /// About which object.
    package let target: JSONTarget
    /// About which object.
    package let key: ObjectKey
    /// Line and headers.
    package let head: RequestHead
    /// Nil for stat.
    package let body: BodySupply?
    /// The bytes of the file that the body carries, if any.
    package let content: ByteRange?
    /// The longest reply that is read. **Unit**: bytes.
    package let replyLimit: Int
    /// How long the reply may take from the body's last byte to its own; nil for what the configuration says.
    /// **Unit**: seconds.
    package var replySeconds: Int?
    /// Told, at every attempt, that the request's turn has come: whoever shall come after it may line up.
    package var began: @Sendable () -> Void = {}
    /// Made afresh for every attempt, as late as possible.
    package var authorization: Signature?

    package init(
        operation: ServiceOperation, endpoint: Endpoint, target: JSONTarget, key: ObjectKey,
        head: RequestHead,
        body: BodySupply?, content: ByteRange? = nil, replyLimit: Int = usualReplyLimit
    ) {
        self.operation = operation
        self.endpoint = endpoint
        self.target = target
        self.key = key
        self.head = head
        self.body = body
        self.content = content
        self.replyLimit = replyLimit
    }

    /// The longest reply to anything but list. **Unit**: bytes; real ones have some hundred.
    package static let usualReplyLimit = 1 << 20

    /// The longest reply that is read for a file of `fileSize` bytes. **Unit**: bytes.
    ///
    /// List names every slice that arrived, in 64 bytes at most; the smallest that are worked with have
    /// 64 KiB.
    package static func replyLimit(_ operation: ServiceOperation, fileSize: Int64) -> Int {
        guard operation == .list else { return usualReplyLimit }
        let slices = Layout(fileSize: fileSize, pieceSize: Upload.usableSliceSizes.lowerBound).count
        return usualReplyLimit + 64 * slices
    }
}
