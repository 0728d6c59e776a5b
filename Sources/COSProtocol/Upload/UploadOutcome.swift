import PlanCore

/// How the upload of a file ended.
public enum UploadOutcome: Hashable, Sendable {
    /// The bytes were sent and the service verified the whole file.
    case uploaded(ObjectURLs)
    /// The service already had the bytes.
    case instant(ObjectURLs)
    /// An object with the plan's size and sha already existed.
    case alreadyThere(ObjectURLs)
    /// The object is not there, or another one is.
    case refused(UploadRefusal)
}
