import ArgumentParser
import PlanCore

/// How files are cut and what is recorded of them.
struct PlanOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Bytes one request carries: 512K, 1M, 2M or 3M (default: 1M, which every SDK of the service takes).",
            valueName: "size"),
        completion: .list(["512K", "1M", "2M", "3M"]), transform: ByteCountArgument.read)
    var sliceSize = ByteCountArgument(bytes: SliceSize.standard.bytes)

    @Option(
        help: ArgumentHelp(
            "Bytes one digest covers (default: the slice size, at most 1M): a multiple of 64K up to 3M.",
            valueName: "size"),
        completion: .list(["512K", "1M", "2M", "3M"]), transform: ByteCountArgument.read)
    var partSize: ByteCountArgument?

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
    var insertOnly: Int64 = 1

    @Option(help: ArgumentHelp("The caller's own attribute, sent as it is.", valueName: "text"))
    var bizAttr = ""

    func validate() throws {
        do {
            _ = try SliceSize(bytes: sliceSize.bytes)
        } catch {
            throw ValidationError("--slice-size: \(error.description); use 512K, 1M, 2M or 3M.")
        }
        do {
            if let partSize { _ = try PartSize(bytes: partSize.bytes) }
        } catch {
            throw ValidationError("--part-size: \(error.description).")
        }
        guard InsertOnly(rawValue: insertOnly) != nil else {
            throw ValidationError("--insert-only \(insertOnly) is neither 0 nor 1.")
        }
        guard bizAttr.utf8.count <= ManifestLimits.scalarBytes else {
            throw ValidationError(
                "--biz-attr has \(bizAttr.utf8.count) bytes; a manifest holds "
                    + "at most \(ManifestLimits.scalarBytes).")
        }
    }

    /// The kinds that a list names.
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

    /// The slice size.
    var slice: SliceSize {
        // validate() has refused every other size.
        (try? SliceSize(bytes: sliceSize.bytes)) ?? .standard
    }

    /// The part size: as asked, else what goes with the slice size.
    var part: PartSize {
        // validate() has refused every other size.
        partSize.flatMap { try? PartSize(bytes: $0.bytes) } ?? PartSize(for: slice)
    }
}

extension DatashaKind: ExpressibleByArgument {}
