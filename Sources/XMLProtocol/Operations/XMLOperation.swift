/// The operations of the XML API and S3 that cosplan or its emulator uses.
public enum XMLOperation: String, Hashable, Sendable, CaseIterable {
    /// Sends a whole file.
    case put
    /// Starts a multipart upload.
    case begin
    /// Sends one part.
    case part
    /// Lists the parts of an unfinished upload that arrived.
    case listParts = "list parts"
    /// Lists the unfinished uploads of a key.
    case listUploads = "list uploads"
    /// Completes a multipart upload.
    case finish
    /// Queries the object at a key, without its bytes.
    case head
    /// Queries whether the bucket has versioning.
    case versioning
    /// Returns an object's bytes.
    ///
    /// Implemented by the emulator; cosplan never sends it.
    case get
    /// Deletes an object. cosplan never sends it.
    case delete
    /// Aborts an unfinished upload. cosplan never sends it.
    case abort
}

extension XMLOperation: CustomStringConvertible {
    /// A short word for messages, such as `put` or `list parts`.
    public var description: String { rawValue }
}
