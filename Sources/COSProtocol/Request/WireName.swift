/// The field names on the wire, each defined in one place.
///
/// **Source**: the service's documentation of init, data, list, finish, simple upload and stat.
public enum WireName {
    // Requests.
    /// Wire `op`.
    public static let op = "op"
    /// Wire `sha`.
    public static let sha = "sha"
    /// Wire `insertOnly`.
    public static let insertOnly = "insertOnly"
    /// Wire `slice_size`.
    public static let sliceSize = "slice_size"
    /// Wire `filesize`.
    public static let fileSize = "filesize"
    /// Wire `uploadparts`.
    public static let uploadParts = "uploadparts"
    /// Wire `biz_attr`.
    public static let bizAttr = "biz_attr"
    /// Wire `session`.
    public static let session = "session"
    /// Wire `offset`.
    public static let offset = "offset"
    /// Wire `filecontent`.
    public static let fileContent = "filecontent"
    /// The lower-case hex MD5 of a slice, which the PHP SDK sends instead of `sha`.
    public static let dataMD5 = "datamd5"

    // The reply's envelope.
    /// Wire `code`.
    public static let code = "code"
    /// Wire `message`.
    public static let message = "message"
    /// Wire `request_id`.
    public static let requestID = "request_id"
    /// Wire `data`.
    public static let data = "data"
    /// The header that repeats `request_id`.
    public static let requestIDHeader = "x-cos-request-id"

    // A reply's `data`.
    /// Wire `access_url`.
    public static let accessURL = "access_url"
    /// Wire `resource_path`.
    public static let resourcePath = "resource_path"
    /// Wire `source_url`.
    public static let sourceURL = "source_url"
    /// Wire `url`.
    public static let url = "url"
    /// Wire `preview_url`.
    public static let previewURL = "preview_url"
    /// Wire `vid`.
    public static let vid = "vid"
    /// Wire `serial_upload`.
    public static let serialUpload = "serial_upload"
    /// Wire `datalen`.
    public static let dataLength = "datalen"
    /// Wire `listparts`.
    public static let listParts = "listparts"
    /// Wire `filelen`.
    public static let fileLength = "filelen"
    /// Wire `ctime`.
    public static let createdAt = "ctime"
    /// Wire `mtime`.
    public static let modifiedAt = "mtime"

    // An entry of `uploadparts`.
    /// Wire `datasha`.
    public static let dataSHA = "datasha"
}
