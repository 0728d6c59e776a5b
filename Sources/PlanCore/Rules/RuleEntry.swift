/// A line of the table of rules.
public struct RuleEntry: Hashable, Sendable {
    /// How much the rule weighs.
    public let severity: Severity
    /// What it asks for, as a sentence without its full stop.
    public let wording: String
    /// Where it is documented.
    public let source: String

    init(_ severity: Severity, _ wording: String, _ source: String) {
        self.severity = severity
        self.wording = wording
        self.source = source
    }
}

/// The format's own page in the documentation.
private let format = "manifest format, version 1"
private let initPage = "init page (upload_slice_init)"

extension Rule {
    /// The rule's line of the table.
    public var entry: RuleEntry {
        switch self {
        case .version: .init(.error, "cosplan is 1, the only version of the format", format)
        case .wellFormed:
            .init(
                .error,
                "the text is well-formed UTF-8 YAML or JSON with at least one document, each a mapping; JSON "
                    + "holds one value", "\(format); YAML 1.1; RFC 8259")
        case .requiredKey:
            .init(
                .error,
                "cosplan, datasha and files are there; in a file path, key, filesize, sha, slice_size and "
                    + "uploadparts; in a part offset, datalen and datasha", format)
        case .knownKey: .init(.error, "no other keys than the format's", format)
        case .sliceSize:
            .init(
                .error, "slice_size is 524288, 1048576, 2097152 or 3145728", "\(initPage), slice_size")
        case .duplicateKey: .init(.error, "a key stands once in its mapping", format)
        case .type:
            .init(
                .error,
                "a value has its key's type; integers are plain decimal digits (no 012, 1_000, 1e6, 1.0, "
                    + "0x10, +1), text that reads as a number, a date, a truth value or nothing is quoted",
                format)
        case .plainYAML:
            .init(
                .error,
                "no anchors, aliases, tags, merge keys, directives, tabs or line ends other than LF and "
                    + "CRLF", format)
        case .limits: .init(.error, limitsWording, format)
        case .secret: .init(.error, "no keys that look like a secret's", format)
        default: fileEntry
        }
    }

    private var limitsWording: String {
        "depth at most \(ManifestLimits.depth); a scalar at most \(ManifestLimits.scalarBytes) bytes, path and "
            + "key \(ManifestLimits.nameBytes); \(ManifestLimits.partsPerFile) parts a file; "
            + "\(ManifestLimits.files) files and \(ManifestLimits.documents) documents"
    }

    private var fileEntry: RuleEntry {
        switch self {
        case .datashaKind: .init(.error, "datasha of a document is state or part", format)
        case .path:
            .init(
                .error,
                "path is relative, without '..' (unless --allow-outside), not empty and without NUL", format)
        case .key:
            .init(
                .error,
                "key begins with / and does not end in it, has no empty, . or .. segment, no control "
                    + "character and none of ? * : | \\ < > \"", "vendor SDKs (Python, Java)")
        case .uniqueKey:
            .init(.error, "two files of one target have two keys, in all documents read", format)
        case .fileSize: .init(.error, "filesize is not negative", "\(initPage), filesize")
        case .digestForm:
            .init(.error, "a digest is 40 lower-case hex digits", "\(initPage), sha; vendor SDKs")
        case .partBoundary:
            .init(
                .error, "parts end at multiples of 64 bytes, the last one excepted",
                "FIPS 180-4, 5.2.1; vendor SDKs")
        case .partCount:
            .init(
                .error, "there are as many parts as filesize needs, none for an empty file",
                "\(initPage), uploadparts; vendor SDKs")
        case .partOffset:
            .init(
                .error, "offset is 0 in the first part, then where the part before ends",
                "\(initPage), uploadparts; vendor SDKs")
        case .partLength:
            .init(
                .error, "datalen is positive and the same in all parts but the last, which may be shorter",
                "\(initPage), uploadparts; vendor SDKs")
        case .partSum:
            .init(.error, "filesize is the sum of all datalen", "\(initPage), uploadparts; vendor SDKs")
        default: digestEntry
        }
    }

    private var digestEntry: RuleEntry {
        switch self {
        case .lastDatasha:
            .init(.error, "datasha state: the last part's datasha is the file's sha", "vendor SDKs")
        case .singlePart:
            .init(
                .error, "in a file of one part, datasha and sha1 are the file's sha",
                "\(initPage), example; FIPS 180-4")
        case .plainDatasha:
            .init(.error, "datasha part: a part's datasha is its sha1", "\(format); FIPS 180-4")
        case .mislabelledDatasha:
            .init(
                .error, "datasha state: before the last part, datasha is not the part's own sha1",
                "vendor SDKs; FIPS 180-4")
        case .emptyFile:
            .init(.error, "an empty file's sha is \(Digest.ofNoBytes.hex)", "FIPS 180-4")
        case .insertOnly: .init(.error, "insertOnly is 0 or 1", "\(initPage), insertOnly")
        case .region: .init(.error, "region is [a-z][a-z0-9-]*", "vendor SDKs (it names the host)")
        case .appID: .init(.error, "appid is a positive integer", "vendor SDKs")
        case .bucket:
            .init(.error, "bucket is [A-Za-z0-9][A-Za-z0-9.-]*", "vendor SDKs (path and signature)")
        case .commonPartSize:
            .init(
                .warning,
                "parts are of 1048576 bytes, or of slice_size below that: other sizes are not computed alike "
                    + "by the vendor's SDKs", "vendor SDKs")
        case .slicingThreshold:
            .init(.note, "slicing is meant for files over 20 MB (20971520 bytes)", initPage)
        case .initBodySize:
            .init(
                .note, "uploadparts of more than 1 MiB of JSON travel in one form field of the init request",
                initPage)
        default: preconditionFailure("rule \(rawValue) lacks its line in the table")
        }
    }
}
