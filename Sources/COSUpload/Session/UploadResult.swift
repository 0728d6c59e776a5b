/// How one file's upload ended.
public struct UploadResult: Sendable {
    /// The file.
    public let job: UploadJob
    /// Why it did not go up; nil for a good end.
    public let failure: UploadFailure?
    /// The line for a receipt; nil where the upload was stopped, because nothing has ended then.
    public let receipt: Receipt?
}
