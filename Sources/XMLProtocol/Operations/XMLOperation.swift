/// The operations of the XML API and S3 that cosplan or its emulator speaks.
public enum XMLOperation: String, Hashable, Sendable, CaseIterable {
    /// Carries a whole file.
    case put
    /// Begins a multipart upload.
    case begin
    /// Carries one part.
    case part
    /// Asks which parts of an unfinished upload arrived.
    case listParts = "list parts"
    /// Asks which unfinished uploads a key has.
    case listUploads = "list uploads"
    /// Ends a multipart upload.
    case finish
    /// Asks what is at a key, without its bytes.
    case head
    /// Asks whether the bucket keeps old versions.
    case versioning
    /// Answers an object's bytes. cosplan never sends it; the emulator answers it.
    case get
    /// Removes an object. cosplan never sends it.
    case delete
    /// Gives up an unfinished upload. cosplan never sends it.
    case abort
}

extension XMLOperation: CustomStringConvertible {
    /// A short word for messages: `put`, `begin`, `part`, `list parts`, …
    public var description: String { rawValue }
}
