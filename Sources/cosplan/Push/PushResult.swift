import COSUpload
import PlanCore
import ServiceCore

/// The result of `push`: a line a file as text, or one JSON object with a line a file.
///
/// **Shape** of the object: described in the article <doc:ResultOfPush>; fields are only ever added.
struct PushResult {
    /// What a push does.
    enum Mode: String, Encodable {
        case upload, rehearsal
        case dryRun = "dry run"
    }

    private let mode: Mode
    private let output: StandardOutput
    /// Nil for text.
    private var stream: ResultStream?

    init(_ mode: Mode, as format: ResultFormat, to output: StandardOutput) throws {
        self.mode = mode
        self.output = output
        switch format {
        case .text: stream = nil
        case .json: stream = try ResultStream(output, list: "files")
        }
    }

    /// A file of the list that has no line of a receipt.
    struct File: Encodable {
        /// `skipped`, `would send` or `failed`.
        var result: String
        var key: String
        var path: String
        var filesize: Int64
        var sha: String
        /// Of a dry run: where it would go and what would be asked.
        var url: String?
        var requests: String?
        /// Why it could not go up.
        var error: String?

        init(_ result: String, _ plan: PlannedFile) {
            self.result = result
            key = plan.key.text
            path = plan.path.text
            filesize = plan.fileSize
            sha = plan.sha.hex
        }
    }

    /// A file that ended, with its line of the receipt.
    mutating func add(_ receipt: Receipt, of plan: PlannedFile) throws {
        guard stream == nil else {
            try stream?.item(json: receipt.json)
            return
        }
        guard receipt.result.isGood else { return }
        try output.line(
            "\(receipt.result.rawValue)  \(plan.key.text.escapedForDisplay)  \(ByteText.size(plan.fileSize))"
                + Self.pieces(of: receipt))
    }

    /// `, 3 slices sent, 2 were there`; empty for a file that went up in one request.
    private static func pieces(of receipt: Receipt) -> String {
        let piece: String
        switch receipt.identity.api {
        case .json: piece = "slice"
        case .xml, .s3:
            guard receipt.uploadID != nil else { return "" }
            piece = "part"
        }
        guard receipt.result == .uploaded, receipt.slicesSent + receipt.slicesFound > 0 else { return "" }
        let found = receipt.slicesFound > 0 ? ", \(receipt.slicesFound) were there" : ""
        return ", \(counted(receipt.slicesSent, piece)) sent\(found)"
    }

    /// A file without such a line; `text` is its line as text.
    mutating func add(_ file: File, text: String? = nil) throws {
        if stream != nil { return try stream?.item(file) ?? () }
        if let text { try output.line(text) }
    }

    /// What the object says beside its list.
    private struct Rest: Encodable {
        /// The version of this shape.
        var version = 1
        var exit: Int32
        var mode: Mode
        var fileCount: Int
        var uploaded: Int
        var summary: WorkSummary
    }

    /// Ends it; `text` is its last line as text.
    func end(_ tally: PushTally, _ summary: WorkSummary, exit: ExitStatus, of files: Int, text: String?)
        throws
    {
        if let stream {
            try stream.end(
                Rest(
                    exit: exit.rawValue, mode: mode, fileCount: files, uploaded: tally.uploaded,
                    summary: summary))
        } else if let text {
            try output.line(text)
        }
        try output.finish()
    }
}
