import PlanCore
import PlanDigest

/// The result of comparing the object at a key with the expected one.
package enum AuditFinding: Hashable, Sendable {
    /// The same content, proved by a digest; nil for an empty object, whose size is proof.
    case same(by: ObjectDigest?)
    /// Other content.
    case differs(Difference)
    /// No object is there.
    case missing
    /// The store does not report enough to decide.
    case cannotTell(Reason)

    /// The value that differs.
    package enum Difference: Hashable, Sendable {
        /// The sizes, in bytes.
        case size(recorded: Int64, found: Int64)
        /// Two digests of one kind.
        case digest(recorded: ObjectDigest, found: ObjectDigest)
    }

    /// Why the objects cannot be compared.
    package enum Reason: Hashable, Sendable {
        /// The store does not report the object's size.
        case noSize
        /// The store reports no digest.
        case noDigest
        /// The store reports these digests, and none of them is recorded.
        ///
        /// **Shape**: not empty.
        case notRecorded([ChecksumKind])
        /// The store reports only a composite of the parts, and none is recorded.
        case ofPartsOnly(ObjectDigest)
        /// The composites of the parts differ: the object was uploaded again in other parts, or differs.
        case otherParts(recorded: ObjectDigest, found: ObjectDigest)
        /// The local file, read for its digest, differs from the recorded one.
        case fileDiffers(LocalPath)
        /// The local file could not be read for its digest.
        case fileUnread(DigestError)
    }

    /// Compares `stored` with `object`.
    ///
    /// The same requires equal sizes and at least one equal digest. Every digest that both have must agree; only an ETag
    /// is ignored beside a stronger digest, because some stores' ETags are not MD5s.
    package init(_ object: AuditedObject, heldAgainst stored: StoredObject?) {
        guard let stored else {
            self = .missing
            return
        }
        guard let length = stored.length else {
            self = .cannotTell(.noSize)
            return
        }
        guard length == object.fileSize else {
            self = .differs(.size(recorded: object.fileSize, found: length))
            return
        }
        if length == 0 {
            self = .same(by: nil)
            return
        }
        var agreed: ObjectDigest?
        for found in stored.digests where !found.kind.isOfParts {
            guard let recorded = object[found.kind] else { continue }
            if recorded == found {
                agreed = agreed ?? found
            } else if agreed == nil || found.kind != .md5 {
                self = .differs(.digest(recorded: recorded, found: found))
                return
            }
        }
        self = agreed.map { .same(by: $0) } ?? Self.byParts(object, stored)
    }

    /// Compares composites of the parts, if no other digest can be compared.
    private static func byParts(_ object: AuditedObject, _ stored: StoredObject) -> AuditFinding {
        let ofParts = stored.digests.filter(\.kind.isOfParts)
        let recorded = ofParts.compactMap { found in object[found.kind].map { (recorded: $0, found: found) } }
        if let pair = recorded.first {
            if pair.recorded == pair.found { return .same(by: pair.found) }
            return .cannotTell(.otherParts(recorded: pair.recorded, found: pair.found))
        }
        let kinds = stored.digests.compactMap(\.kind.checksum)
        if !kinds.isEmpty { return .cannotTell(.notRecorded(kinds)) }
        return .cannotTell(ofParts.first.map { .ofPartsOnly($0) } ?? .noDigest)
    }
}

extension AuditFinding {
    /// Whether the content is the same.
    package var isSame: Bool {
        switch self {
        case .same: true
        case .differs, .missing, .cannotTell: false
        }
    }

    /// The digests of which one, computed from the bytes, would decide; empty if none would.
    var wanted: [ChecksumKind] {
        switch self {
        case .cannotTell(.notRecorded(let kinds)): kinds
        case .same, .differs, .missing, .cannotTell: []
        }
    }
}
