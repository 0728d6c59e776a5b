/// `delete`: removes what is at a key.
///
/// cosplan never sends it: nothing remote is ever deleted. It is here because the emulator answers it.
/// A JSON body, and a single-use signature.
package struct DeleteOperation: Hashable, Sendable {
    package init() {}

    /// The request's body, `{"op":"delete"}`.
    package var body: [UInt8] {
        JSONValue.object([(WireName.op, .string(ServiceOperation.delete.rawValue))]).encoded
    }
}
