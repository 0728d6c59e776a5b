import COSProtocol
import PlanCore

/// A request that was read, understood and signed.
struct JSONRequest: Sendable {
    let operation: ServiceOperation
    let address: ObjectAddress
    let form: Form
    /// Wire `request_id` of the answer.
    let requestID: String
    /// The emulator's clock, Unix seconds; a fault may have moved it.
    let now: Int64
    /// What a fault changes about the work.
    let fault: FaultAction?
}
