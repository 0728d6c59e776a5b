import COSProtocol
import PlanCore
import ServiceCore

/// The parameters that init agreed on.
struct UploadPlan: Hashable, Sendable {
    let address: ObjectAddress
    /// How slices divide the file, by the slice size in init's reply.
    let slices: Layout
    /// The file's SHA-1, if init sent it.
    let sha: Digest?
    /// The digests of `uploadparts`, if init sent them.
    let digests: ClaimedDigests?
    let insertOnly: InsertOnly
    let bizAttr: String
    /// Whether slices must be sent one at a time, in order.
    let isSerial: Bool

    var fileSize: Int64 { slices.fileSize }

    /// Whether the file's own digest follows from those of its parts.
    var partsProveWhole: Bool { digests?.provesWhole ?? false }

    /// The memory the plan and its session use for data that clients control: 20 bytes per digest, one byte
    /// per part and per slice.
    ///
    /// **Unit**: bytes.
    var heldBytes: Int {
        let parts = digests?.datashas.count ?? 0
        return address.heldBytes + bizAttr.utf8.count + slices.count
            + parts * (MemoryLayout<Digest>.stride + 1)
    }

    /// The plan as stored: a line of JSON, a line with all digests if there are any, the seal.
    var encoded: [UInt8] {
        var members =
            address.members + [
                (WireName.fileSize, .integer(fileSize)), (WireName.sliceSize, .integer(slices.pieceSize)),
                (WireName.insertOnly, .integer(insertOnly.rawValue)), (WireName.bizAttr, .string(bizAttr)),
                (WireName.serialUpload, .integer(isSerial ? 1 : 0)),
            ]
        if let sha { members.append((WireName.sha, .string(sha.hex))) }
        if let digests {
            members += [
                ("kind", .string(digests.kind.rawValue)), ("part_size", .integer(digests.layout.pieceSize)),
            ]
        }
        var text = JSONValue.object(members).encoded
        if let digests {
            text.reserveCapacity(text.count + 1 + digests.datashas.count * Self.digestLength)
            text.append(UInt8(ascii: "\n"))
            for datasha in digests.datashas { datasha.appendHex(to: &text) }
        }
        return SealedText.sealed(text)
    }

    /// The number of hex digits of a digest.
    private static let digestLength = 40
}

extension UploadPlan {
    /// Parses a stored plan; nil for anything that ``encoded`` did not write for a valid upload.
    ///
    /// `maximumPieces` is the maximum number of slices, and of parts, of an upload.
    init?(encoded: [UInt8], maximumPieces: Int) {
        guard let text = SealedText.opened(encoded) else { return nil }
        let lineEnd = text.firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
        guard let value = JSONValue(json: Array(text[..<lineEnd])), let address = ObjectAddress(value),
            (try? ObjectKey(address.key)) != nil,  // Any other key is one that init refuses.
            let fileSize = value.integer(WireName.fileSize), fileSize > 0,
            let sliceSize = value.integer(WireName.sliceSize), SliceSize.legal.contains(sliceSize),
            let slices = Self.layout(fileSize, sliceSize, maximumPieces),
            let insertOnly = value.integer(WireName.insertOnly).flatMap(InsertOnly.init),
            let bizAttr = value.text(WireName.bizAttr), let serial = value.integer(WireName.serialUpload)
        else { return nil }
        var digests: ClaimedDigests?
        if lineEnd < text.endIndex {
            guard let kind = value.text("kind").flatMap(DatashaKind.init),
                let layout = value.integer("part_size").flatMap({
                    Self.layout(fileSize, $0, maximumPieces)
                }),
                layout.count == 1 || layout.pieceSize % 64 == 0,
                let datashas = Self.datashas(in: text[(lineEnd + 1)...], count: layout.count)
            else { return nil }
            digests = ClaimedDigests(kind: kind, layout: layout, datashas: datashas)
        }
        var sha: Digest?
        if let hex = value.text(WireName.sha) {
            sha = Digest(hex: hex)
            guard sha != nil else { return nil }
        }
        self.init(
            address: address, slices: slices, sha: sha, digests: digests, insertOnly: insertOnly,
            bizAttr: bizAttr, isSerial: serial == 1)
    }

    /// A layout of at most `maximumPieces` pieces; nil if there are more.
    private static func layout(_ fileSize: Int64, _ pieceSize: Int64, _ maximumPieces: Int) -> Layout? {
        guard pieceSize > 0, (fileSize - 1) / pieceSize < Int64(maximumPieces) else { return nil }
        return Layout(fileSize: fileSize, pieceSize: pieceSize)
    }

    private static func datashas(in hex: ArraySlice<UInt8>, count: Int) -> [Digest]? {
        guard hex.count == count * digestLength else { return nil }
        var datashas: [Digest] = []
        datashas.reserveCapacity(count)
        for index in 0..<count {
            let start = hex.startIndex + index * digestLength
            guard let datasha = Digest(hex: hex[start..<start + digestLength]) else { return nil }
            datashas.append(datasha)
        }
        return datashas
    }
}
