import COSProtocol
import COSUpload
import PlanCore
import PlanFiles

/// The receipt of a push: what earlier lines say is done, and where new lines go.
final class ReceiptFile {
    private let log: AppendOnlyLog
    private let known: ReceiptLog
    private let path: String

    /// Opens `path`, making it if it is not there; says what was mended or could not be read.
    init(path: String) throws {
        do throws(FileError) {
            log = try AppendOnlyLog(path: ByteString(path))
        } catch {
            throw CommandFailure(.cannotWrite, error.description)
        }
        self.path = path
        if log.cutLength > 0 {
            Console.standardError.warning(
                "\(path.escapedForDisplay): its last line was torn; \(log.cutLength) bytes of it were cut")
        }
        var known = ReceiptLog()
        try log.forEachLine { known.read(line: $0) }
        self.known = known
        Self.warn(about: known, path: path)
    }

    /// What the receipt at `path` says, without opening it for writing; nil where there is none yet.
    static func known(path: String) throws -> ReceiptLog? {
        let source: FileByteSource
        do throws(FileError) {
            source = try FileByteSource(path: ByteString(path))
        } catch {
            if case .noSuchFile = error { return nil }
            throw error
        }
        var known = ReceiptLog()
        var line: [UInt8] = []
        while true {
            let chunk = try source.read(upTo: 65_536)
            if chunk.isEmpty { break }
            for (index, piece) in chunk.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated()
            {
                if index > 0 {
                    known.read(line: line)
                    line = []
                }
                line += piece
            }
        }
        warn(about: known, path: path)
        return known
    }

    /// Whether a good line stands for this upload.
    func shows(endpoint: Endpoint, job: UploadJob) -> Bool {
        known.shows(endpoint: endpoint, target: job.target, plan: job.plan)
    }

    /// Adds a line; it is on disk when this returns.
    func append(_ receipt: Receipt) throws {
        do throws(FileError) {
            try log.append(receipt.json)
        } catch {
            throw CommandFailure(
                .cannotWrite,
                "\(error.description); \(receipt.identity.key.escapedForDisplay) ended as "
                    + "'\(receipt.result.rawValue)' but has no line in the receipt")
        }
    }

    private static func warn(about known: ReceiptLog, path: String) {
        guard known.unreadableLines > 0 else { return }
        Console.standardError.warning(
            "\(path.escapedForDisplay): \(counted(known.unreadableLines, "line")) that are no receipts hide no file"
        )
    }
}
