import COSProtocol
import PlanCore
import ServiceCore

/// What init agreed on: the frame in which slices are taken.
struct UploadPlan: Hashable, Sendable {
    let address: ObjectAddress
    /// How slices cut the file, by the size that init answered.
    let slices: Layout
    /// The file's SHA-1, if init had it.
    let sha: Digest?
    /// What `uploadparts` claims, if init had it.
    let digests: PartDigests?
    let insertOnly: InsertOnly
    let bizAttr: String
    /// Whether slices must come one by one, in order.
    let isSerial: Bool

    var fileSize: Int64 { slices.fileSize }

    /// Whether the file's own digest follows from its parts'.
    var partsProveWhole: Bool { digests?.provesWhole ?? false }

    /// What it and its session take of memory, as far as clients decide it: 20 bytes a digest, and a byte for
    /// each part and each slice. **Unit**: bytes.
    var heldBytes: Int {
        let parts = digests?.datashas.count ?? 0
        return address.heldBytes + bizAttr.utf8.count + slices.count
            + parts * (MemoryLayout<Digest>.stride + 1)
    }

    /// The plan as it is kept.
    var encoded: [UInt8] {
        var members: [(String, JSONValue)] = [
            ("appid", .integer(address.appID.number)), ("bucket", .string(address.bucket.name)),
            ("key", .string(address.key.text)), (WireName.fileSize, .integer(fileSize)),
            (WireName.sliceSize, .integer(slices.pieceSize)),
            (WireName.insertOnly, .integer(insertOnly.rawValue)), (WireName.bizAttr, .string(bizAttr)),
            (WireName.serialUpload, .integer(isSerial ? 1 : 0)),
        ]
        if let sha { members.append((WireName.sha, .string(sha.hex))) }
        if let digests {
            var text: [UInt8] = []
            text.reserveCapacity(digests.datashas.count * 40)
            for datasha in digests.datashas { datasha.appendHex(to: &text) }
            members += [
                ("kind", .string(digests.kind.rawValue)), ("part_size", .integer(digests.layout.pieceSize)),
                ("datashas", .string(String(decoding: text, as: UTF8.self))),
            ]
        }
        return JSONValue.object(members).encoded
    }
}

extension UploadPlan {
    /// Reads a plan back; nil for anything that was not written by ``encoded``.
    init?(encoded: [UInt8]) {
        guard let value = JSONValue(json: encoded), let address = ObjectAddress(value),
            let fileSize = value.integer(WireName.fileSize), fileSize > 0,
            let sliceSize = value.integer(WireName.sliceSize), sliceSize > 0,
            let insertOnly = value.integer(WireName.insertOnly).flatMap(InsertOnly.init),
            let bizAttr = value.text(WireName.bizAttr), let serial = value.integer(WireName.serialUpload)
        else { return nil }
        var digests: PartDigests?
        if let datashas = value.text("datashas") {
            guard let kind = value.text("kind").flatMap(DatashaKind.init),
                let partSize = value.integer("part_size"), partSize > 0
            else { return nil }
            let layout = Layout(fileSize: fileSize, pieceSize: partSize)
            let hex = Array(datashas.utf8)
            guard hex.count == layout.count * 40 else { return nil }
            let parsed = (0..<layout.count).compactMap { Digest(hex: hex[$0 * 40..<$0 * 40 + 40]) }
            guard parsed.count == layout.count else { return nil }
            digests = PartDigests(kind: kind, layout: layout, datashas: parsed)
        }
        let sha = value.text(WireName.sha).flatMap { Digest(hex: $0) }
        self.init(
            address: address, slices: Layout(fileSize: fileSize, pieceSize: sliceSize), sha: sha,
            digests: digests, insertOnly: insertOnly, bizAttr: bizAttr, isSerial: serial == 1)
    }
}
