/// The field names on the wire, each defined in one place.
///
/// **Source**: the service's documentation of init, data, list, finish, simple upload and stat.
package enum WireName {
    // Requests.
    /// Wire `op`.
    package static let op = "op"
    /// Wire `sha`.
    package static let sha = "sha"
    /// Wire `insertOnly`.
    package static let insertOnly = "insertOnly"
    /// Wire `slice_size`.
    package static let sliceSize = "slice_size"
    /// Wire `filesize`.
    package static let fileSize = "filesize"
    /// Wire `uploadparts`.
    package static let uploadParts = "uploadparts"
    /// Wire `biz_attr`.
    package static let bizAttr = "biz_attr"
    /// Wire `session`.
    package static let session = "session"
    /// Wire `offset`.
    package static let offset = "offset"
    /// Wire `filecontent`.
    package static let fileContent = "filecontent"
    /// The lower-case hex MD5 of a slice, which the PHP SDK sends instead of `sha`.
    package static let dataMD5 = "datamd5"

    // The reply's envelope.
    /// Wire `code`.
    package static let code = "code"
    /// Wire `message`.
    package static let message = "message"
    /// Wire `request_id`.
    package static let requestID = "request_id"
    /// Wire `data`.
    package static let data = "data"
    /// The header that repeats `request_id`.
    package static let requestIDHeader = "x-cos-request-id"

    // A reply's `data`.
    /// Wire `access_url`.
    package static let accessURL = "access_url"
    /// Wire `resource_path`.
    package static let resourcePath = "resource_path"
    /// Wire `source_url`.
    package static let sourceURL = "source_url"
    /// Wire `url`.
    package static let url = "url"
    /// Wire `preview_url`.
    package static let previewURL = "preview_url"
    /// Wire `vid`.
    package static let vid = "vid"
    /// Wire `serial_upload`.
    package static let serialUpload = "serial_upload"
    /// Wire `datalen`.
    package static let dataLength = "datalen"
    /// Wire `listparts`.
    package static let listParts = "listparts"
    /// Wire `filelen`.
    package static let fileLength = "filelen"
    /// Wire `ctime`.
    package static let createdAt = "ctime"
    /// Wire `mtime`.
    package static let modifiedAt = "mtime"

    // An entry of `uploadparts`.
    /// Wire `datasha`.
    package static let dataSHA = "datasha"
}
