import Glibc
import NIOCore
import PlanCore
import Synchronization

/// An unfinished upload below the root: `plan.json`, `data` and `slices`, one line for each slice that
/// arrived or was thrown out again.
///
/// **Cost**: no descriptor stays open, so that uploads may be more than the process may open files. A slice
/// opens its folder and one file at a time.
final class UploadFiles: Sendable {
    static let planName = "plan.json"
    static let dataName = "data"
    static let slicesName = "slices"

    private let uploads: Folder
    private let session: String
    /// The length of `slices`.
    private let slicesLength: Mutex<Int64>

    private init(_ session: String, in uploads: Folder, slicesLength: Int64) {
        self.session = session
        self.uploads = uploads
        self.slicesLength = Mutex(slicesLength)
    }

    /// Makes the folder and the files of a new upload; where that fails, nothing of them stays.
    static func create(
        _ session: String, in uploads: Folder, plan: UploadPlan
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
                // What cannot be removed keeps the folder: the next start removes both.
                for name in [planName, "\(planName).new", slicesName, dataName] { try? folder.remove(name) }
                throw error
            }
        } catch {
            uploads.removeFolder(session)
            throw error
        }
        return UploadFiles(session, in: uploads, slicesLength: 0)
    }

    /// An upload as an earlier process left it.
    struct Stored {
        let session: String
        let files: UploadFiles
        let plan: UploadPlan
        /// The slices that arrived.
        let arrived: Set<Int>
    }

    /// Reads what an earlier process left.
    ///
    /// - Throws: ``StoreError`` where the system does not let it be read.
    static func load(
        _ session: String, in uploads: Folder, maximumPieces: Int
    ) throws(StoreError) -> Remains<Stored> {
        let folder = try uploads.folder(session, making: false)
        guard let record = try contents(of: planName, in: folder), try folder.has(dataName),
            let text = try contents(of: slicesName, in: folder)
        else { return .ended }
        guard let plan = UploadPlan(encoded: record, maximumPieces: maximumPieces) else {
            return .damaged("\(planName): not the text that was written")
        }
        _ = try folder.file(dataName, writing: true)
        // A last line without its end was torn when the process died.
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

    /// What is in a file; nil where there is none.
    static func contents(of name: String, in folder: Folder) throws(StoreError) -> [UInt8]? {
        do throws(StoreError) {
            return try folder.file(name, writing: false).contents(limit: 256 << 20)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    /// Where they lie.
    func folder() throws(StoreError) -> Folder { try uploads.folder(session, making: false) }

    /// Hands `length` bytes of the file to `body` in pieces, in order.
    func read(
        _ offset: Int64, _ length: Int64, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        try unsafe folder().file(Self.dataName, writing: false).read(offset, length, body)
    }

    /// Keeps a slice's bytes, then the line that says so.
    func keep(slice index: Int, _ bytes: [ByteBuffer], at offset: Int64) throws(StoreError) {
        let folder = try folder()
        try folder.file(Self.dataName, writing: true).write(bytes, at: offset)
        try append(SliceLine(slice: index, arrived: true), in: folder)
    }

    /// Says that a slice has to come again.
    func drop(slice index: Int) throws(StoreError) {
        try append(SliceLine(slice: index, arrived: false), in: folder())
    }

    private func append(_ line: SliceLine, in folder: Folder) throws(StoreError) {
        let line = line.text
        try slicesLength.withLock { length throws(StoreError) in
            try folder.file(Self.slicesName, writing: true).write([ByteBuffer(string: line)], at: length)
            length += Int64(line.utf8.count)
        }
    }
}

/// A line of `slices`: `+index` for a slice that arrived, `-index` for one that has to come again, and the
/// start of that text's SHA-1, so that a damaged line is found.
struct SliceLine: Hashable {
    let slice: Int
    let arrived: Bool

    private var change: String { "\(arrived ? "+" : "-")\(slice)" }

    /// The line with its end.
    var text: String { "\(change) \(SHA1Stream.digest(of: Array(change.utf8)).hex.prefix(8))\n" }
}

extension SliceLine {
    /// Reads a line without its end; nil for anything that ``text`` could not be.
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
    /// It was not begun, or it had ended: nothing of it is wanted.
    case ended
    case damaged(String)

    /// The same of another kind of upload.
    func map<Other>(_ change: (Upload) -> Other) -> Remains<Other> {
        switch self {
        case .unfinished(let upload): .unfinished(change(upload))
        case .ended: .ended
        case .damaged(let reason): .damaged(reason)
        }
    }
}
