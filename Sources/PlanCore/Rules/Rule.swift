/// A rule that manifests must obey.
///
/// The raw value is its stable id.
///
/// The table `RuleEntry` (RuleEntry.swift) has the wording, severity and source of each rule; `FileRules` and its
/// neighbours check them. `cosplan verify --rules` and the documentation are generated from the table.
public enum Rule: String, Hashable, Sendable, CaseIterable {
    // The text.
    case version = "R01"
    case wellFormed = "R02"
    case requiredKey = "R03"
    case knownKey = "R04"
    case sliceSize = "R05"
    case duplicateKey = "R06"
    case type = "R07"
    case plainYAML = "R08"
    case limits = "R09"
    case secret = "R10"
    // Documents and files.
    case datashaKind = "R11"
    case path = "R12"
    case key = "R13"
    case uniqueKey = "R14"
    case fileSize = "R15"
    case digestForm = "R16"
    // Parts.
    case partBoundary = "R17"
    case partCount = "R18"
    case partOffset = "R19"
    case partLength = "R20"
    case partSum = "R21"
    // Digests that must be consistent.
    case lastDatasha = "R22"
    case singlePart = "R23"
    case plainDatasha = "R24"
    case mislabelledDatasha = "R25"
    case emptyFile = "R26"
    // The other fields.
    case insertOnly = "R27"
    case region = "R28"
    case appID = "R29"
    case bucket = "R30"
    // Advice.
    case commonPartSize = "R31"
    case slicingThreshold = "R32"
    case initBodySize = "R33"
    case jsonObjectSize = "R34"
    // APIs, checksums and shards.
    case api = "R35"
    case endpoint = "R36"
    case addressing = "R37"
    case checksumForm = "R38"
    case keyLength = "R39"
    case multipartSize = "R40"
    case bizAttrOfAPI = "R41"
    case shard = "R42"
    case targetNames = "R43"
}

extension Rule {
    /// The severity of a violation.
    public var severity: Severity { entry.severity }
    /// The requirement, as a sentence without its full stop.
    public var wording: String { entry.wording }
    /// The source of the rule.
    public var source: String { entry.source }
}

extension Rule: CustomStringConvertible {
    /// The id, such as `R05`.
    public var description: String { rawValue }
}
