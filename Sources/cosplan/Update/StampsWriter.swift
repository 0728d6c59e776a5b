import ByteDigests
import PlanCore
import PlanDigest
import PlanFiles
import Synchronization

/// Writes the index that `--stamps` names, once the plan is written.
struct StampsWriter {
    /// What files were when they were opened.
    let opened = OpenedFiles()
    /// When the planning began.
    ///
    /// **Unit**: nanoseconds since 1970.
    private let begun = TimestampClock.Moment.now().earliest
    private let settings: EntrySettings
    /// What it replaces, and where it will be.
    let replacement: OutputReplacement
    private let output: AtomicOutput

    /// Prepares to write `path`; nothing appears there yet.
    init(path: String, settings: EntrySettings) throws(FileError) {
        output = try AtomicOutput(path: ByteString(path))
        replacement = OutputReplacement("--stamps", path, of: output, isOwn: StampsHeader.isBeginning)
        self.settings = settings
    }

    /// The files a walk must not take for input.
    var nodes: Set<FileNode> { output.nodes }

    /// Writes the index of a plan with the SHA-256 `plan`.
    func write(
        plan: String, _ files: [HashRun.File], entries: [(index: Int, range: ByteRange)]
    ) throws {
        let opened = opened.all
        let stamps = entries.map { index, range in
            Stamps.File(
                path: files[index].path.bytes, identity: opened[index] ?? files[index].found, entry: range)
        }
        let header = StampsHeader(plan: plan, settings: settings.values, begun: begun, files: stamps.count)
        do {
            try Stamps.write(header, stamps, to: output)
        } catch let error as FileError {
            throw CommandFailure.writing(error)
        }
    }
}

/// What files were when they were opened, by their places.
///
/// A class, because the threads that open them share it.
final class OpenedFiles: Sendable {
    private let identities = Mutex<[Int: FileIdentity]>([:])

    var all: [Int: FileIdentity] { identities.withLock { $0 } }

    func note(_ index: Int, _ file: OpenFile) { identities.withLock { $0[index] = file.identity } }
}

/// Passes on what is written, and computes its SHA-256.
final class DigestingOutput: ByteOutput {
    private let output: any ByteOutput
    private var digest = DigestStream(.sha256)

    init(_ output: any ByteOutput) { self.output = output }

    /// The SHA-256 of what was written so far, in hex.
    var hexDigest: String { digest.digest.hexText }

    func write(_ bytes: [UInt8]) throws(FileError) {
        digest.take(bytes)
        try output.write(bytes)
    }

    func finish() throws(FileError) { try output.finish() }
}
