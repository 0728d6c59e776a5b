import COSUpload
import PlanCore
import PlanFiles
import ServiceCore
import Synchronization

/// The receipt of a push: the uploads that earlier lines show as done, and the log for new lines.
final class ReceiptFile {
    private let log: AppendOnlyLog
    private let known: ReceiptLog

    /// Opens `path`, creating it if it does not exist; reports what was repaired or could not be read.
    ///
    /// `use` says, in words, what else an existing file is used for in this push; nil for nothing.
    ///
    /// - Throws: ``CommandFailure`` (73) if the file is not a receipt; it is left untouched then.
    init(path: String, use: (FileNode) throws -> String?) throws {
        do throws(FileError) {
            log = try AppendOnlyLog(path: ByteString(path))
        } catch {
            throw CommandFailure(.cannotWrite, error.description)
        }
        if !log.isNew, let use = try use(log.node) {
            throw CommandFailure(
                .cannotWrite, "\(path.escapedForDisplay): is \(use), not a receipt; name a new file")
        }
        let isWhole: Bool
        (known, isWhole) = try Self.read(log.lines, path: path)
        do throws(FileError) {
            try log.makePrivate()
            if isWhole { try log.endLastLine() }
        } catch {
            throw CommandFailure(.cannotWrite, error.description)
        }
        guard log.tornLength > 0 else { return }
        let length = log.tornLength
        do throws(FileError) {
            try log.cutTornLine()
        } catch {
            throw CommandFailure(.cannotWrite, error.description)
        }
        Console.standardError.warning(
            "\(path.escapedForDisplay): its last line was torn; \(counted(Int(length), "byte")) of it cut")
    }

    /// The content of the receipt at `path`, without opening it for writing; nil if it does not exist.
    static func known(path: String) throws -> ReceiptLog? {
        let lines: LogLines
        do throws(FileError) {
            lines = try LogLines(path: ByteString(path))
        } catch {
            if case .noSuchFile = error { return nil }
            throw error
        }
        return try read(lines, path: path).known
    }

    /// Reads the lines and checks that the file is a receipt before it is changed.
    ///
    /// Lines of other versions, or lines that somebody inserted, are ignored. An unfinished last line counts
    /// as torn only if all lines before it are receipts and it begins like one; where only its line end is missing,
    /// it counts like the others.
    private static func read(
        _ lines: LogLines, path: String
    ) throws -> (known: ReceiptLog, isWhole: Bool) {
        var known = ReceiptLog()
        var isWhole = true
        do {
            try lines.forEach { line in
                known.read(line: line)
                if known.beginsAsReceipt == false { throw foreign(path, known.firstForeignLine ?? 1) }
            }
        } catch let error as FileError {
            guard case .lineTooLong(_, let line, _) = error else { throw error }
            throw foreign(path, line)
        }
        if lines.tornLength > 0 {
            if let line = known.firstForeignLine { throw foreign(path, line) }
            let last = try lines.tornBytes(upTo: LogLines.lineLimit)
            isWhole = last.count < LogLines.lineLimit && Receipt(json: last) != nil
            if isWhole { known.read(line: last) }
            guard isWhole || isTorn(last, after: known) else {
                throw CommandFailure(
                    .cannotWrite,
                    "\(path.escapedForDisplay): is not a receipt: its unfinished last line does not begin like "
                        + "one; name a new file")
            }
        }
        if known.unreadableLines > 0 {
            let lines = counted(known.unreadableLines, "line")
            let verb = known.unreadableLines == 1 ? "is" : "are"
            Console.standardError.warning(
                "\(path.escapedForDisplay): \(lines) \(verb) no receipt of this version; ignored")
        }
        return (known, isWhole)
    }

    /// Whether the unfinished last line is what a crash left of a receipt: its beginning, or zeros, as some
    /// file systems leave.
    private static func isTorn(_ line: [UInt8], after known: ReceiptLog) -> Bool {
        if Receipt.isBeginning(Array(line.prefix(Receipt.beginningLength)), whole: false) { return true }
        return known.beginsAsReceipt == true && line.count < LogLines.lineLimit && line.allSatisfy { $0 == 0 }
    }

    private static func foreign(_ path: String, _ line: Int) -> CommandFailure {
        CommandFailure(
            .cannotWrite,
            "\(path.escapedForDisplay): is not a receipt: line \(line) is not one that push wrote; "
                + "name a new file")
    }

    /// Whether a successful receipt matches this upload.
    func shows(endpoint: Endpoint, job: UploadJob) -> Bool {
        known.shows(endpoint: endpoint, target: job.target, plan: job.plan)
    }

    /// Appends a line for each receipt; they are on disk when this returns.
    func append(_ receipts: [Receipt]) throws {
        do throws(FileError) {
            try log.append(receipts.map(\.json))
        } catch {
            let ended = receipts.map {
                "\($0.identity.key.escapedForDisplay) ended as '\($0.result.rawValue)'"
            }
            throw CommandFailure(
                .cannotWrite,
                "\(error.description); \(ended.joined(separator: ", ")) but \(ended.count == 1 ? "has" : "have") no "
                    + "line in the receipt")
        }
    }
}

/// Counts files that need no upload, for the display.
///
/// A class, because the upload and the display share it.
final class SkippedBytes: Sendable {
    private let state = Mutex((files: 0, bytes: Int64(0)))

    func add(_ bytes: Int64) {
        state.withLock { state in
            state.files += 1
            state.bytes = state.bytes.addingClamped(bytes)
        }
    }

    var files: Int { state.withLock { $0.files } }
    var bytes: Int64 { state.withLock { $0.bytes } }
}
