import PlanCore
import PlanFiles

/// How files are cut and what is recorded of them: what all plans of one run share.
package struct PlanSettings: Hashable, Sendable {
    /// How much one request carries.
    package let sliceSize: SliceSize
    /// How much one digest covers.
    package let partSize: PartSize
    /// What `datasha` is.
    package let datashaKind: DatashaKind
    /// Whether each part gets its plain `sha1` too.
    package let withPartSHA1: Bool
    /// Which digests the whole file gets beside its `sha`.
    package let checksums: Set<ChecksumKind>
    /// Whether an existing object stands in the way.
    package let insertOnly: InsertOnly
    /// The caller's own attribute.
    package let bizAttr: ByteString

    /// Settings with these fields; without a part size, the one that goes with the slice size.
    package init(
        sliceSize: SliceSize = .standard, partSize: PartSize? = nil, datashaKind: DatashaKind = .state,
        withPartSHA1: Bool = true, checksums: Set<ChecksumKind> = [], insertOnly: InsertOnly = .refuse,
        bizAttr: ByteString = ""
    ) {
        self.sliceSize = sliceSize
        self.partSize = partSize ?? PartSize(for: sliceSize)
        self.datashaKind = datashaKind
        self.withPartSHA1 = withPartSHA1
        self.checksums = checksums
        self.insertOnly = insertOnly
        self.bizAttr = bizAttr
    }

    /// What the engine computes of the file that `open` opens, of about `sizeHint` bytes.
    package func request(
        sizeHint: Int64, open: @escaping @Sendable () throws(FileError) -> OpenFile
    ) -> PlanRequest {
        PlanRequest(
            open: open, sizeHint: sizeHint, partSize: partSize, datashaKind: datashaKind,
            withPartSHA1: withPartSHA1, checksums: checksums)
    }

    /// The plan of a file from what was computed of it by ``request(sizeHint:open:)``.
    package func plan(of path: LocalPath, key: ObjectKey, from digest: FileDigest) -> PlannedFile {
        PlannedFile(
            path: path, key: key, sha: digest.sha, checksums: digest.checksums, sliceSize: sliceSize,
            insertOnly: insertOnly, bizAttr: bizAttr, datashaKind: datashaKind,
            partLayout: Layout(fileSize: digest.fileSize, pieceSize: partSize.bytes), parts: digest.parts)
    }
}
