/// The operations of the JSON API that cosplan or its emulator uses.
///
/// The raw value is the wire name: the form field `op`, or the query `op=stat`.
public enum ServiceOperation: String, Hashable, Sendable, CaseIterable {
    /// Starts a slice upload, or finds that the service already has the bytes.
    case initialize = "upload_slice_init"
    /// Sends one slice.
    case data = "upload_slice_data"
    /// Asks which slices of an unfinished upload arrived.
    case list = "upload_slice_list"
    /// Ends a slice upload; with `sha` the service checks the whole file.
    case finish = "upload_slice_finish"
    /// Sends a whole small file; required for an empty one.
    case upload
    /// Asks what is at a key.
    case stat
    /// Deletes what is at a key.
    ///
    /// Implemented by the emulator; cosplan never sends it.
    case delete
}

extension ServiceOperation: CustomStringConvertible {
    /// A short word for messages: `init`, `data`, `list`, `finish`, `upload`, `stat`, `delete`.
    public var description: String {
        switch self {
        case .initialize: "init"
        case .data: "data"
        case .list: "list"
        case .finish: "finish"
        case .upload: "upload"
        case .stat: "stat"
        case .delete: "delete"
        }
    }
}
