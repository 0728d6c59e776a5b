/// The service's operations that cosplan or its emulator speaks.
///
/// The raw value is the wire name: a form field `op`, or the query `op=stat`.
public enum ServiceOperation: String, Hashable, Sendable, CaseIterable {
    /// Begins a slice upload, or finds that the service has the bytes.
    case initialize = "upload_slice_init"
    /// Carries one slice.
    case data = "upload_slice_data"
    /// Asks which slices of an unfinished upload arrived.
    case list = "upload_slice_list"
    /// Ends a slice upload; with `sha` it proves the whole.
    case finish = "upload_slice_finish"
    /// Carries a whole small file; the only way for an empty one.
    case upload
    /// Asks what is at a key.
    case stat
    /// Removes what is at a key. cosplan never sends it; the emulator answers it.
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
