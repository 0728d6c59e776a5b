import ArgumentParser
import PlanCore
import PlanDigest

/// How files are divided, and which digests are recorded.
struct PlanOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Bytes one request carries: 512K, 1M, 2M or 3M (K = 1024; default: 1M, which every SDK of the service takes).",
            valueName: "size"),
        completion: .list(["512K", "1M", "2M", "3M"]), transform: PlanOptions.sliceSize)
    var sliceSize = SliceSize.standard

    @Option(
        help: ArgumentHelp(
            "Bytes one digest covers (default: the slice size, at most 1M): a multiple of 64K up to 3M.",
            valueName: "size"),
        completion: .list(["512K", "1M", "2M", "3M"]), transform: PlanOptions.partSize)
    var partSize: PartSize?

    @Option(
        help: ArgumentHelp(
            "What datasha is: the running SHA-1 state (the service), or each part's plain SHA-1.",
            valueName: "kind"))
    var datasha = DatashaKind.state

    @Flag(help: "Leave out the plain SHA-1 of each part, which is never sent.")
    var noPartSha1 = false

    @Option(
        help: ArgumentHelp(
            "Checksums of the whole file beside sha, with commas between them: crc64ecma, crc64nvme, md5, sha256.",
            valueName: "list"),
        completion: .list(ChecksumKind.allCases.map(\.rawValue)), transform: PlanOptions.checksums)
    var checksum: Set<ChecksumKind> = []

    @Option(
        help: ArgumentHelp("1 refuses to replace an existing object, 0 replaces it.", valueName: "0|1"),
        completion: .list(["0", "1"]))
    var insertOnly = InsertOnly.refuse

    @Option(help: ArgumentHelp("The caller's own attribute, sent as it is.", valueName: "text"))
    var bizAttr = ""

    private static func sliceSize(_ text: String) throws -> SliceSize {
        let count = try ByteCountArgument.read(text)
        do {
            return try SliceSize(bytes: count.bytes)
        } catch {
            throw ValidationError("\(error.description); use 512K, 1M, 2M or 3M.")
        }
    }

    private static func partSize(_ text: String) throws -> PartSize {
        let count = try ByteCountArgument.read(text)
        do {
            return try PartSize(bytes: count.bytes)
        } catch {
            throw ValidationError("\(error.description).")
        }
    }

    func validate() throws {
        guard bizAttr.utf8.count <= ManifestLimits.scalarBytes else {
            throw ValidationError(
                "--biz-attr has \(bizAttr.utf8.count) bytes; a manifest holds "
                    + "at most \(ManifestLimits.scalarBytes).")
        }
    }

    /// Parses a list of checksum kinds.
    private static func checksums(_ list: String) throws -> Set<ChecksumKind> {
        try Set(
            list.split(separator: ",", omittingEmptySubsequences: false).map { name in
                guard let kind = ChecksumKind(rawValue: String(name)) else {
                    let known = ChecksumKind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError(
                        "'\(String(name).escapedForDisplay)' is no checksum; use \(known), with commas between them."
                    )
                }
                return kind
            })
    }
}

extension DatashaKind: ChoiceArgument {}

// As in ChoiceArgument; its raw values are numbers.
extension InsertOnly: ExpressibleByArgument {
    /// The case with this number.
    public init?(argument: String) {
        guard let number = Int64(argument) else { return nil }
        self.init(rawValue: number)
    }

    /// The number.
    public var defaultValueDescription: String { String(rawValue) }

    /// All numbers.
    public static var allValueStrings: [String] { allCases.map { String($0.rawValue) } }

    /// The option's help says what they mean.
    public static var allValueDescriptions: [String: String] { [:] }
}

extension PlanSettings {
    /// Reads the options once, because each access to an option is a look-up.
    init(_ options: PlanOptions) {
        self.init(
            sliceSize: options.sliceSize, partSize: options.partSize, datashaKind: options.datasha,
            withPartSHA1: !options.noPartSha1, checksums: options.checksum, insertOnly: options.insertOnly,
            bizAttr: ByteString(options.bizAttr))
    }
}
