import Glibc
import NIOCore
import PlanCore
import Synchronization

/// The files of an unfinished upload: `plan.json`, `data`, and `slices` with one line per slice that arrived
/// or was dropped again.
///
/// **Cost**: keeps no descriptor open, so the number of uploads is not limited by the limit on open files. A
/// slice opens its folder and one file at a time.
final class UploadFiles: Sendable {
    static let planName = "plan.json"
    static let dataName = "data"
    static let slicesName = "slices"

    private let uploads: DiskFolder
    private let session: String
    /// The length of `slices`.
    private let slicesLength: Mutex<Int64>

    private init(_ session: String, in uploads: DiskFolder, slicesLength: Int64) {
        self.session = session
        self.uploads = uploads
        self.slicesLength = Mutex(slicesLength)
    }

    /// Creates the folder and files of a new upload; removes them again on failure.
    static func create(
        _ session: String, in uploads: DiskFolder, plan: UploadPlan
    ) throws(StoreError) -> UploadFiles {
        do throws(StoreError) {
            let folder = try uploads.folder(session, making: true)
            do throws(StoreError) {
                _ = try folder.newFile(dataName)
                _ = try folder.newFile(slicesName)
                let record = try folder.newFile("\(planName).new")
                try record.write([ByteBuffer(bytes: plan.encoded)], at: 0)
                try folder.move("\(planName).new", to: folder, planName)
            } catch {
                // A file that cannot be removed keeps the folder alive; the next start removes both.
                for name in [planName, "\(planName).new", slicesName, dataName] { try? folder.remove(name) }
                throw error
            }
        } catch {
            uploads.removeFolder(session)
            throw error
        }
        return UploadFiles(session, in: uploads, slicesLength: 0)
    }

    /// An upload that an earlier process left.
    struct Stored {
        let session: String
        let files: UploadFiles
        let plan: UploadPlan
        /// The slices that arrived.
        let arrived: Set<Int>
    }

    /// Loads what an earlier process left.
    ///
    /// - Throws: ``StoreError`` if it cannot be read.
    static func load(
        _ session: String, in uploads: DiskFolder, maximumPieces: Int
    ) throws(StoreError) -> Remains<Stored> {
        let folder = try uploads.folder(session, making: false)
        guard let record = try contents(of: planName, in: folder), try folder.has(dataName),
            let text = try contents(of: slicesName, in: folder)
        else { return .ended }
        guard let plan = UploadPlan(encoded: record, maximumPieces: maximumPieces) else {
            return .damaged("\(planName): not the text that was written")
        }
        _ = try folder.file(dataName, writing: true)
        // A last line without LF is incomplete: the process ended while writing it.
        let whole = text.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        var arrived: Set<Int> = []
        for line in text[..<whole].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        {
            guard let change = SliceLine(line), change.slice < plan.slices.count else {
                return .damaged(
                    "\(slicesName): the line '\(String(decoding: line, as: UTF8.self).escapedForDisplay)'")
            }
            if change.arrived { arrived.insert(change.slice) } else { arrived.remove(change.slice) }
        }
        let files = UploadFiles(session, in: uploads, slicesLength: Int64(whole))
        return .unfinished(Stored(session: session, files: files, plan: plan, arrived: arrived))
    }

    /// The content of a file; nil if it does not exist.
    static func contents(of name: String, in folder: DiskFolder) throws(StoreError) -> [UInt8]? {
        do throws(StoreError) {
            return try folder.file(name, writing: false).contents(limit: 256 << 20)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    /// The upload's folder.
    func folder() throws(StoreError) -> DiskFolder { try uploads.folder(session, making: false) }

    /// Passes `length` bytes from `offset` of the data to `body` in pieces, in order.
    func read(
        _ offset: Int64, _ length: Int64, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        try unsafe folder().file(Self.dataName, writing: false).read(offset, length, body)
    }

    /// Writes a slice's bytes, then the line that records it.
    func keep(slice index: Int, _ bytes: [ByteBuffer], at offset: Int64) throws(StoreError) {
        let folder = try folder()
        try folder.file(Self.dataName, writing: true).write(bytes, at: offset)
        try append(SliceLine(slice: index, arrived: true), in: folder)
    }

    /// Records that a slice has to be sent again.
    func drop(slice index: Int) throws(StoreError) {
        try append(SliceLine(slice: index, arrived: false), in: folder())
    }

    private func append(_ line: SliceLine, in folder: DiskFolder) throws(StoreError) {
        let line = line.text
        try slicesLength.withLock { length throws(StoreError) in
            try folder.file(Self.slicesName, writing: true).write([ByteBuffer(string: line)], at: length)
            length += Int64(line.utf8.count)
        }
    }
}

/// A line of `slices`: `+index` for a slice that arrived, `-index` for one that has to be sent again, and the
/// first digits of that text's SHA-1 to detect damage.
struct SliceLine: Hashable {
    let slice: Int
    let arrived: Bool

    private var change: String { "\(arrived ? "+" : "-")\(slice)" }

    /// The line with its LF.
    var text: String { "\(change) \(SHA1Stream.digest(of: Array(change.utf8)).hex.prefix(8))\n" }
}

extension SliceLine {
    /// Parses a line without its LF; nil for anything that ``text`` does not write.
    init?(_ line: ArraySlice<UInt8>) {
        let digits = line.dropFirst().prefix { $0 != UInt8(ascii: " ") }
        guard let number = DecimalNumber.read(digits), let slice = Int(exactly: number),
            line.first == UInt8(ascii: "+") || line.first == UInt8(ascii: "-")
        else { return nil }
        self.init(slice: slice, arrived: line.first == UInt8(ascii: "+"))
        guard text.utf8.dropLast().elementsEqual(line) else { return nil }
    }
}

/// What an earlier process left of an upload.
enum Remains<Upload> {
    case unfinished(Upload)
    /// Its creation did not complete, or it has ended; its remains are not needed.
    case ended
    case damaged(String)

    /// The same, with the upload transformed.
    func map<Other>(_ change: (Upload) -> Other) -> Remains<Other> {
        switch self {
        case .unfinished(let upload): .unfinished(change(upload))
        case .ended: .ended
        case .damaged(let reason): .damaged(reason)
        }
    }
}
