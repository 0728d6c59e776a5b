import NIOCore
import PlanCore
import Synchronization

/// An unfinished upload below the root: `plan.json`, `data` and `slices`, one line for each slice that
/// arrived (`+index`) or was thrown out again (`-index`).
final class UploadFiles: Sendable {
    static let planName = "plan.json"
    static let dataName = "data"
    static let slicesName = "slices"

    /// Where they lie.
    let folder: Folder
    /// The file's bytes, each slice at its place.
    let data: StoredFile
    private let slices: StoredFile
    /// The length of `slices`.
    private let slicesLength: Mutex<Int64>

    private init(folder: Folder, data: StoredFile, slices: StoredFile, slicesLength: Int64) {
        self.folder = folder
        self.data = data
        self.slices = slices
        self.slicesLength = Mutex(slicesLength)
    }

    /// Makes the files of a new upload in an empty folder.
    static func create(in folder: Folder, plan: UploadPlan) throws(StoreError) -> UploadFiles {
        let data = try folder.newFile(dataName)
        let slices = try folder.newFile(slicesName)
        let record = try folder.newFile("\(planName).new")
        try record.write([ByteBuffer(bytes: plan.encoded)], at: 0)
        try folder.move("\(planName).new", to: folder, planName)
        return UploadFiles(folder: folder, data: data, slices: slices, slicesLength: 0)
    }

    /// Opens what an earlier process left; nil where the upload was not begun or had ended.
    static func load(
        from folder: Folder
    ) throws(StoreError) -> (files: UploadFiles, plan: UploadPlan, arrived: Set<Int>)? {
        guard let record = try? folder.file(planName, writing: false),
            let plan = UploadPlan(encoded: try record.contents(limit: 256 << 20)),
            let data = try? folder.file(dataName, writing: true),
            let slices = try? folder.file(slicesName, writing: true)
        else { return nil }  // Whatever lacks, there is no upload to go on with.
        let text = try slices.contents(limit: 256 << 20)
        // A last line without its end was torn when the process died.
        let whole = text.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        var arrived: Set<Int> = []
        for line in text[..<whole].split(separator: UInt8(ascii: "\n")) {
            guard let index = Int(String(decoding: line.dropFirst(), as: UTF8.self)),
                (0..<plan.slices.count).contains(index)
            else { return nil }
            if line.first == UInt8(ascii: "+") { arrived.insert(index) } else { arrived.remove(index) }
        }
        let files = UploadFiles(folder: folder, data: data, slices: slices, slicesLength: Int64(whole))
        return (files, plan, arrived)
    }

    /// Keeps a slice's bytes, then the line that says so.
    func keep(slice index: Int, _ bytes: [ByteBuffer], at offset: Int64) throws(StoreError) {
        try data.write(bytes, at: offset)
        try append("+\(index)\n")
    }

    /// Says that a slice has to come again.
    func drop(slice index: Int) throws(StoreError) { try append("-\(index)\n") }

    private func append(_ line: String) throws(StoreError) {
        try slicesLength.withLock { length throws(StoreError) in
            try slices.write([ByteBuffer(string: line)], at: length)
            length += Int64(line.utf8.count)
        }
    }
}
