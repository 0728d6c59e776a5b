import COSProtocol
import XMLProtocol

/// An operation of any API that the emulator implements.
///
/// The raw value is its name in a fault script.
public enum EmulatedOperation: String, Hashable, Sendable, CaseIterable {
    /// The JSON API's `upload_slice_init`.
    case initialize = "init"
    /// The JSON API's `upload_slice_data`.
    case data
    /// The JSON API's `upload_slice_list`.
    case list
    /// The end of an upload, in either API.
    case finish
    /// The JSON API's simple upload.
    case upload
    /// The JSON API's `stat`.
    case stat
    /// Deletion of an object, in either API.
    case delete
    /// The XML API's `PUT` of a whole object.
    case put
    /// The start of a multipart upload.
    case begin
    /// A part of a multipart upload.
    case part
    /// Lists the parts of an upload.
    case listParts = "list_parts"
    /// Lists the unfinished uploads.
    ///
    /// Its key is the prefix asked for.
    case listUploads = "list_uploads"
    /// The XML API's `HEAD` of an object.
    case head
    /// The XML API's `GET` of an object.
    case get
    /// Asks whether the bucket has versioning.
    ///
    /// It has no key.
    case versioning
    /// Aborts a multipart upload.
    case abort

    /// The operation of the JSON API.
    init(_ operation: ServiceOperation) {
        self =
            switch operation {
            case .initialize: .initialize
            case .data: .data
            case .list: .list
            case .finish: .finish
            case .upload: .upload
            case .stat: .stat
            case .delete: .delete
            }
    }

    /// The operation of the XML API.
    init(_ operation: XMLOperation) {
        self =
            switch operation {
            case .put: .put
            case .begin: .begin
            case .part: .part
            case .listParts: .listParts
            case .listUploads: .listUploads
            case .finish: .finish
            case .head: .head
            case .versioning: .versioning
            case .get: .get
            case .delete: .delete
            case .abort: .abort
            }
    }
}
