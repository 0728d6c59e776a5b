import COSProtocol
import PlanCore

/// One request to the service, signed or not yet.
package struct ServiceRequest: Sendable {
    /// What is asked.
    package let operation: ServiceOperation
    /// Where to.
    package let endpoint: Endpoint
    /// About which object.
    package let target: Target
    /// About which object.
    package let key: ObjectKey
    /// Line and headers.
    package let head: RequestHead
    /// Nil for stat.
    package let body: BodySupply?
    /// Made afresh for every attempt, as late as possible.
    package var authorization: Signature?

    package init(
        operation: ServiceOperation, endpoint: Endpoint, target: Target, key: ObjectKey, head: RequestHead,
        body: BodySupply?
    ) {
        self.operation = operation
        self.endpoint = endpoint
        self.target = target
        self.key = key
        self.head = head
        self.body = body
    }
}
