/// A row in the table of rules: its wording; a comment has the id and the file that checks it.
package struct RuleEntry: Hashable, Sendable {
    /// The severity of a violation.
    package let severity: Severity
    /// The requirement, as a sentence without its full stop.
    package let wording: String
    /// The source of the rule.
    package let source: String

    init(_ severity: Severity, _ wording: String, _ source: String) {
        self.severity = severity
        self.wording = wording
        self.source = source
    }
}

/// The documentation page of the format.
private let format = "manifest format"
private let limitsPages = "vendor's limits page (436); AWS, multipart upload limits"
private let initPage = "init page (upload_slice_init)"

extension Rule {
    /// The rule's row in the table.
    package var entry: RuleEntry {
        switch self {
        // R01, checked in HeaderRules.
        case .version: .init(.error, "cosplan is 1 or 2, the versions of the format", format)
        // R02, checked in ManifestReader.
        case .wellFormed:
            .init(
                .error,
                "the text is well-formed UTF-8 YAML or JSON with at least one document, each a mapping; JSON "
                    + "holds one value", "\(format); YAML 1.1; RFC 8259")
        // R03, checked in TextCursor.
        case .requiredKey:
            .init(
                .error,
                "cosplan, datasha and files are there; in a file path, key, filesize, sha, slice_size and "
                    + "uploadparts; in a part offset, datalen and datasha", format)
        // R04, checked in TextCursor.
        case .knownKey:
            .init(
                .error,
                "no other keys than the format's; api, endpoint, addressing, shard and the checksums need "
                    + "cosplan: 2", format)
        // R05, checked in FileRules.
        case .sliceSize:
            .init(
                .error, "slice_size is 524288, 1048576, 2097152 or 3145728", "\(initPage), slice_size")
        // R06, checked in TextCursor.
        case .duplicateKey: .init(.error, "a key stands once in its mapping", format)
        // R07, checked in TextCursor.
        case .type:
            .init(
                .error,
                "a value has its key's type; integers are plain decimal digits (no 012, 1_000, 1e6, 1.0, "
                    + "0x10, +1), text that reads as a number, a date, a truth value or nothing is quoted",
                format)
        // R08, checked in TextCursor.
        case .plainYAML:
            .init(
                .error,
                "no anchors, aliases, tags, merge keys, directives, tabs or line ends other than LF and "
                    + "CRLF", format)
        // R09, checked in TextCursor.
        case .limits: .init(.error, Self.limitsWording, format)
        // R10, checked in TextCursor.
        case .secret: .init(.error, "no keys that look like a secret's", format)
        // R11, checked in HeaderRules.
        case .datashaKind: .init(.error, "datasha of a document is state or part", format)
        // R12, checked in FileRules.
        case .path:
            .init(
                .error,
                "path is relative and without '..' (unless paths may leave the root), not empty and without NUL",
                format)
        // R13, checked in FileRules.
        case .key:
            .init(
                .error,
                "key begins with / and does not end in it, has no empty, . or .. segment and no control "
                    + "character; json: none of ? * : | \\ < > \"", "vendor SDKs (Python, Java)")
        // R14, checked in KeyRegistry.
        case .uniqueKey:
            .init(.error, "two files of one target have two keys, in all documents read", format)
        // R15, checked in FileRules.
        case .fileSize: .init(.error, "filesize is not negative", "\(initPage), filesize")
        // R16, checked in TextCursor.
        case .digestForm:
            .init(.error, "a digest is 40 lower-case hex digits", "\(initPage), sha; vendor SDKs")
        // R17, checked in PartRules.
        case .partBoundary:
            .init(
                .error, "parts end at multiples of 64 bytes, the last one excepted",
                "FIPS 180-4, 5.2.1; vendor SDKs")
        // R18, checked in PartRules.
        case .partCount:
            .init(
                .error, "there are as many parts as filesize needs, none for an empty file",
                "\(initPage), uploadparts; vendor SDKs")
        // R19, checked in PartRules.
        case .partOffset:
            .init(
                .error, "offset is 0 in the first part, then where the part before ends",
                "\(initPage), uploadparts; vendor SDKs")
        // R20, checked in PartRules.
        case .partLength:
            .init(
                .error, "datalen is positive and the same in all parts but the last, which may be shorter",
                "\(initPage), uploadparts; vendor SDKs")
        // R21, checked in PartRules.
        case .partSum:
            .init(.error, "filesize is the sum of all datalen", "\(initPage), uploadparts; vendor SDKs")
        // R22, checked in DigestRules.
        case .lastDatasha:
            .init(.error, "datasha state: the last part's datasha is the file's sha", "vendor SDKs")
        // R23, checked in DigestRules.
        case .singlePart:
            .init(
                .error, "in a file of one part, datasha and sha1 are the file's sha",
                "\(initPage), example; FIPS 180-4")
        // R24, checked in DigestRules.
        case .plainDatasha:
            .init(.error, "datasha part: a part's datasha is its sha1", "\(format); FIPS 180-4")
        // R25, checked in DigestRules.
        case .mislabelledDatasha:
            .init(
                .error, "datasha state: before the last part, datasha is not the part's own sha1",
                "vendor SDKs; FIPS 180-4")
        // R26, checked in FileRules.
        case .emptyFile:
            .init(
                .error, "an empty file's sha is \(Digest.ofNoBytes.hex), its checksums those of no bytes",
                "FIPS 180-4; RFC 1321")
        // R27, checked in FileRules.
        case .insertOnly: .init(.error, "insertOnly is 0 or 1", "\(initPage), insertOnly")
        // R28, checked in HeaderRules.
        case .region:
            .init(
                .error, "region is [a-z][a-z0-9-]*; s3: [A-Za-z0-9][A-Za-z0-9_-]*",
                "vendor SDKs (it names the host)")
        // R29, checked in HeaderRules.
        case .appID: .init(.error, "appid is a positive integer; s3: not there", "vendor SDKs")
        // R30, checked in HeaderRules.
        case .bucket:
            .init(
                .error,
                "bucket is [A-Za-z0-9][A-Za-z0-9.-]*; s3: 3 to 63 of [a-z0-9.-], a letter or digit at both ends",
                "vendor SDKs (path and signature); AWS, bucket naming rules")
        // R31, checked in CheckingPass.
        case .commonPartSize:
            .init(
                .warning,
                "json: parts are of 1048576 bytes, or of slice_size below that: other sizes are not computed alike "
                    + "by the vendor's SDKs", "vendor SDKs")
        // R32, checked in CheckingPass.
        case .slicingThreshold:
            .init(.note, "json: slicing is meant for files over 20 MB (20971520 bytes)", initPage)
        // R33, checked in APIRules.
        case .initBodySize:
            .init(
                .note,
                "json: uploadparts of more than 1 MiB of JSON travel in one form field of the init request",
                initPage)
        // R34, checked in APIRules.
        case .jsonObjectSize:
            .init(.warning, "json: a file has at most 64 GiB (68719476736 bytes)", "vendor's limits page")
        // R35, checked in HeaderRules.
        case .api: .init(.error, "api is json, xml or s3", format)
        // R36, checked in HeaderRules.
        case .endpoint:
            .init(
                .error, "endpoint is http[s]://HOST[:PORT], without user, path, query or fragment", format)
        // R37, checked in HeaderRules.
        case .addressing: .init(.error, "addressing is host or path, and not there for json", format)
        // R38, checked in TextCursor.
        case .checksumForm:
            .init(
                .error,
                "crc64ecma is decimal, crc64nvme base64 of 8 bytes, md5 32 and sha256 64 lower-case hex digits",
                "x-cos-hash-crc64ecma; x-amz-checksum-crc64nvme; RFC 1321; FIPS 180-4")
        // R39, checked in APIRules.
        case .keyLength:
            .init(.error, "key without its leading / has at most 850 bytes for xml, 1024 for s3", limitsPages)
        // R40, checked in APIRules.
        case .multipartSize:
            .init(
                .error,
                "xml and s3: a file fits into 10000 parts of whole slices of at most 5 GiB, 48.8 TiB in all",
                limitsPages)
        // R41, checked in APIRules.
        case .bizAttrOfAPI: .init(.error, "xml and s3: biz_attr is empty", "XML API (no such parameter)")
        // R42, checked in HeaderRules.
        case .shard:
            .init(
                .error, "shard has an index from 1 to of, and the SHA-256 of its list and of its entries",
                format)
        // R43, checked in HeaderRules.
        case .targetNames:
            .init(
                .warning,
                "json and xml: bucket is the name without the appid, and region the API's own name for it",
                "XML API (the host is named bucket-appid); vendor's page of regions")
        }
    }

    private static var limitsWording: String {
        "depth at most \(ManifestLimits.depth); a scalar at most \(ManifestLimits.scalarBytes) bytes, path and "
            + "key \(ManifestLimits.nameBytes); \(ManifestLimits.partsPerFile) parts a file; "
            + "\(ManifestLimits.files) files and \(ManifestLimits.documents) documents"
    }
}
