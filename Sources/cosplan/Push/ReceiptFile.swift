import COSUpload
import PlanCore
import PlanFiles
import ServiceCore

/// The receipt of a push: what earlier lines say is done, and where new lines go.
final class ReceiptFile {
    private let log: AppendOnlyLog
    private let known: ReceiptLog

    /// Opens `path`, making it if it is not there; says what was mended or could not be read.
    ///
    /// - Parameter use: what else of this push a file that was there is, in words; nil for nothing.
    /// - Throws: ``CommandFailure`` (73) where the file is no receipt; it is untouched then.
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
        known = try Self.read(log.lines, path: path)
        do throws(FileError) {
            try log.makePrivate()
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

    /// What the receipt at `path` says, without opening it for writing; nil where there is none yet.
    static func known(path: String) throws -> ReceiptLog? {
        let lines: LogLines
        do throws(FileError) {
            lines = try LogLines(path: ByteString(path))
        } catch {
            if case .noSuchFile = error { return nil }
            throw error
        }
        return try read(lines, path: path)
    }

    /// Reads the lines of what must be a receipt before anything of it is cut or added to.
    ///
    /// A line of another version, or one that somebody put in, only hides no file. An unfinished last line is torn
    /// only after nothing but receipts, and if it begins like one.
    private static func read(_ lines: LogLines, path: String) throws -> ReceiptLog {
        var known = ReceiptLog()
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
            guard try isTorn(lines, after: known) else {
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
        return known
    }

    /// Whether the unfinished last line is what a crash left of a receipt: its beginning, or, as some file systems
    /// do, zeros in its place.
    private static func isTorn(_ lines: LogLines, after known: ReceiptLog) throws -> Bool {
        let first = try lines.tornBytes(upTo: Receipt.beginningLength)
        if Receipt.isBeginning(first, whole: false) { return true }
        guard known.beginsAsReceipt == true, lines.tornLength < Int64(LogLines.lineLimit) else {
            return false
        }
        return try lines.tornBytes(upTo: LogLines.lineLimit).allSatisfy { $0 == 0 }
    }

    private static func foreign(_ path: String, _ line: Int) -> CommandFailure {
        CommandFailure(
            .cannotWrite,
            "\(path.escapedForDisplay): is not a receipt: line \(line) is not one that push wrote; "
                + "name a new file")
    }

    /// Whether a good line stands for this upload.
    func shows(endpoint: Endpoint, job: UploadJob) -> Bool {
        known.shows(endpoint: endpoint, target: job.target, plan: job.plan)
    }

    /// Adds a line for each; they are on disk when this returns.
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
