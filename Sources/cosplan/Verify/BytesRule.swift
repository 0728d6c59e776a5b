/// What `verify --bytes` can find, with ids in addition to the manifest's rules.
enum BytesRule: String, CaseIterable, Sendable {
    case unreadable = "B01"
    case changedWhileRead = "B02"
    case truncated = "B03"
    case appended = "B04"
    case dataDiffers = "B05"
    case damagedDatasha = "B06"
    case damagedSHA1 = "B07"
    case damagedSHA = "B08"
    case dataOrLinesDiffer = "B09"
    case otherDigests = "B10"
    case damagedChecksum = "B11"

    /// The requirement, as a sentence without its full stop.
    var wording: String {
        switch self {
        case .unreadable: "the file is there below the root, regular and readable"
        case .changedWhileRead: "the file does not change while it is read"
        case .truncated: "the file is not shorter than planned"
        case .appended: "the file is not longer than planned"
        case .dataDiffers: "the bytes of every part are the planned ones"
        case .damagedDatasha: "every datasha is that of the planned bytes"
        case .damagedSHA1: "every sha1 is that of the part's bytes"
        case .damagedSHA: "sha is that of the file's bytes"
        case .dataOrLinesDiffer: "bytes and recorded digests agree"
        case .otherDigests:
            "datasha is what the document's datasha says: little-endian running states, or plain SHA-1"
        case .damagedChecksum: "every checksum beside sha is that of the file's bytes"
        }
    }
}
