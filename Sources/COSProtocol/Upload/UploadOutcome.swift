import PlanCore

/// How the upload of a file ended.
public enum UploadOutcome: Hashable, Sendable {
    /// The bytes went up and the service proved the whole.
    case uploaded(ObjectURLs)
    /// The service had the bytes.
    case instant(ObjectURLs)
    /// An object was there; its size and sha are the plan's.
    case alreadyThere(ObjectURLs)
    /// The object is not there, or another one is.
    case refused(UploadRefusal)
}
