import COSUpload
import PlanCore
import PlanDigest

/// The text of a result.
struct RemoteText {
    let object: AuditedObject
    /// `plan` or `receipt`.
    let record: String
    /// Whether lines name the bucket, because those of several are listed.
    var namesBucket = false

    /// The line of a result: `same  /key  300 MiB  by crc64nvme`; with the bucket `same  /key in photos-1250000000  …`.
    func line(_ finding: AuditFinding) -> String {
        let key = Self.key(object, namesBucket: namesBucket)
        return switch finding {
        case .same(let digest):
            "same  \(key)  \(ByteText.size(object.fileSize))  by \(digest?.kind.rawValue ?? "size")"
        case .differs(let difference):
            "differs  \(key)  \(Self.name(difference)): planned \(Self.values(difference).recorded), found "
                + Self.values(difference).found
        case .missing: "missing  \(key)"
        case .cannotTell(let reason): "cannot tell  \(key)  \(words(reason))"
        }
    }

    /// The line of a file that did not go up: `failed  /key  the receipt's last line says: …`.
    static func line(_ failed: ReceiptContents.FailedUpload, namesBucket: Bool = false) -> String {
        "failed  \(key(failed.object, namesBucket: namesBucket))  \(words(failed))"
    }

    private static func key(_ object: AuditedObject, namesBucket: Bool) -> String {
        object.key.text.escapedForDisplay + (namesBucket ? " in \(object.target.bucketName)" : "")
    }

    /// Why a file did not go up.
    static func words(_ failed: ReceiptContents.FailedUpload) -> String {
        "the receipt's last line says: \(failed.reason.escapedForDisplay)"
    }

    /// The name of the value that differs: `size`, or a digest's name.
    static func name(_ difference: AuditFinding.Difference) -> String {
        switch difference {
        case .size: "size"
        case .digest(let recorded, _): recorded.kind.rawValue
        }
    }

    /// The expected value and the one found.
    static func values(_ difference: AuditFinding.Difference) -> (recorded: String, found: String) {
        switch difference {
        case .size(let recorded, let found): (String(recorded), String(found))
        case .digest(let recorded, let found): (recorded.text, found.text)
        }
    }

    /// Why a file cannot be compared, and what would help.
    func words(_ reason: AuditFinding.Reason) -> String {
        switch reason {
        case .noSize: "the store does not say the object's size; \(otherWay)"
        case .noDigest:
            object.target.api == .json
                ? "stat has no sha of it; ask with --api xml"
                : "the store answers no digest of it; \(Self.download)"
        case .notRecorded(let kinds):
            "the store answers \(kinds.map(\.rawValue).joined(separator: " and ")), the \(record) has "
                + "\(kinds.count == 1 ? "none" : "neither"); give --bytes where the files are, or a plan made with "
                + "cosplan hash --checksum \(kinds.first?.rawValue ?? "")"
        case .ofPartsOnly(let found):
            "the store answers nothing but \(found.kind.rawValue), which depends on the parts it was sent in; "
                + (record == "receipt"
                    ? Self.download : "the receipt of its push may have it; else \(Self.download)")
        case .otherParts(let recorded, let found):
            "\(found.kind.rawValue) is \(found.text.escapedForDisplay(limit: 80)), the \(record) has "
                + "\(recorded.text.escapedForDisplay(limit: 80)): it was sent anew in other parts, or is another "
                + "object; \(Self.download)"
        case .fileDiffers(let path):
            "\(path): the file here is not as recorded, and says nothing of the object; see cosplan verify --bytes"
        case .fileUnread(let error): error.text
        }
    }

    private var otherWay: String {
        object.target.api == .json ? "ask with --api xml" : "check that --endpoint is the store"
    }

    private static let download = "download it and check it with cosplan verify --bytes"
}
