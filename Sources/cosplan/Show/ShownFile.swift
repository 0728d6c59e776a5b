import PlanCore
import PlanManifest

/// One file of a plan, for `show --format json`.
///
/// Fields have the same names as in the manifest.
///
/// **Shape**: described in the article <doc:ShowResult>; fields are only ever added.
struct ShownFile: Encodable {
    /// The target of the file, as far as plan and flags specify it.
    struct Destination: Encodable {
        var api: String
        var endpoint: String?
        var addressing: String?
        var region: String?
        var appid: Int64?
        var bucket: String?
    }

    var path: String
    var key: String
    var filesize: Int64
    var sha: String
    var crc64ecma: String?
    var crc64nvme: String?
    var md5: String?
    var sha256: String?
    var sliceSize: Int64
    var slices: Int
    var insertOnly: Int64
    var bizAttr: String
    var datasha: String
    var parts: Int
    /// The length of every part except the last.
    var partSize: Int64
    /// The document of the manifest, from 1, and the entry's line.
    var document: Int
    var line: Int
    var target: Destination

    private enum CodingKeys: String, CodingKey {
        case path, key, filesize, sha, crc64ecma, crc64nvme, md5, sha256
        case sliceSize = "slice_size"
        case slices, insertOnly
        case bizAttr = "biz_attr"
        case datasha, parts
        case partSize = "part_size"
        case document, line, target
    }

    init(_ entry: ManifestFile, replacing override: PartialTarget) {
        let file = entry.file
        path = file.path.text
        key = file.key.text
        filesize = file.fileSize
        sha = file.sha.hex
        crc64ecma = file.checksums[.crc64ecma]?.text
        crc64nvme = file.checksums[.crc64nvme]?.text
        md5 = file.checksums[.md5]?.text
        sha256 = file.checksums[.sha256]?.text
        sliceSize = file.sliceSize.bytes
        slices = Layout(fileSize: file.fileSize, pieceSize: file.sliceSize.bytes).count
        insertOnly = file.insertOnly.rawValue
        bizAttr = file.bizAttr.text
        datasha = file.datashaKind.rawValue
        parts = file.parts.count
        partSize = file.partLayout.pieceSize
        document = entry.documentIndex + 1
        line = entry.place.line
        let found = entry.document.target.replaced(by: override)
        target = Destination(
            api: (found.api ?? .json).rawValue, endpoint: found.endpoint?.description,
            addressing: found.addressing?.rawValue, region: found.region?.name, appid: found.appID?.number,
            bucket: found.bucket?.name)
    }
}

/// The result of `show --format json` besides its list of files.
struct ShownManifest: Encodable {
    /// The version of the format.
    var version = 1
    var manifest: String
    var documents: Int
    /// Counts of the whole manifest, shown or not.
    var fileCount: Int
    var bytes: Int64
    /// The number of files in the list.
    var shown: Int

    init(_ manifest: CheckedManifest, shown: Int) {
        self.manifest = manifest.name
        documents = manifest.documents.count
        fileCount = manifest.fileCount
        bytes = manifest.totalBytes
        self.shown = shown
    }
}

/// A line of a checksum list in the format of coreutils.
enum SumLine {
    /// `<sha>  <path>`.
    ///
    /// If the path contains a backslash, LF or CR, these are escaped and the line begins with a backslash. A
    /// file called `-` is written as `./-`, since `-` means standard input.
    static func bytes(of file: PlannedFile) -> [UInt8] {
        var name: [UInt8] = []
        for byte in file.path.bytes.bytes {
            switch byte {
            case UInt8(ascii: "\\"): name += Array("\\\\".utf8)
            case UInt8(ascii: "\n"): name += Array("\\n".utf8)
            case UInt8(ascii: "\r"): name += Array("\\r".utf8)
            default: name.append(byte)
            }
        }
        let isEscaped = name.count != file.path.bytes.bytes.count
        let prefix = name == [UInt8(ascii: "-")] ? Array("./".utf8) : []
        return (isEscaped ? [UInt8(ascii: "\\")] : []) + file.sha.hexBytes + Array("  ".utf8) + prefix + name
            + [UInt8(ascii: "\n")]
    }
}
