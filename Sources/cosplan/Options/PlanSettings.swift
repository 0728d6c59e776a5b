import PlanCore

/// How files are cut and what is recorded of them, read once from ``PlanOptions``: an option's value takes the parser
/// half a microsecond to find, every time.
struct PlanSettings: Sendable {
    let slice: SliceSize
    let part: PartSize
    let datashaKind: DatashaKind
    let withPartSHA1: Bool
    let checksums: Set<ChecksumKind>
    let insertOnly: InsertOnly
    let bizAttr: ByteString

    init(_ options: PlanOptions) {
        slice = options.slice
        part = options.part
        datashaKind = options.datasha
        withPartSHA1 = !options.noPartSha1
        checksums = options.checksum
        insertOnly = InsertOnly(rawValue: options.insertOnly) ?? .refuse
        bizAttr = ByteString(options.bizAttr)
    }
}
