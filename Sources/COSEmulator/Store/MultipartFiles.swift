import NIOCore
import PlanCore
import Synchronization

/// The files of an unfinished upload of the XML API: `plan.json`, one file per part, and `parts` with one
/// line per part that arrived.
///
/// **Cost**: keeps no descriptor open, so the number of uploads is not limited by the limit on open files.
final class MultipartFiles: Sendable {
    static let planName = UploadFiles.planName
    static let dataName = UploadFiles.dataName
    static let partsName = "parts"

    private let uploads: DiskFolder
    private let uploadID: String
    /// The length of `parts`.
    private let partsLength: Mutex<Int64>

    private init(_ uploadID: String, in uploads: DiskFolder, partsLength: Int64) {
        self.uploadID = uploadID
        self.uploads = uploads
        self.partsLength = Mutex(partsLength)
    }

    /// Creates the folder and files of a new upload; removes them again on failure.
    static func create(
        _ uploadID: String, in uploads: DiskFolder, plan: MultipartPlan
    ) throws(StoreError) -> MultipartFiles {
        do throws(StoreError) {
            let folder = try uploads.folder(uploadID, making: true)
            do throws(StoreError) {
                _ = try folder.newFile(partsName)
                let record = try folder.newFile("\(planName).new")
                try record.write([ByteBuffer(bytes: plan.encoded)], at: 0)
                try folder.move("\(planName).new", to: folder, planName)
            } catch {
                // A file that cannot be removed keeps the folder alive; the next start removes both.
                for name in [planName, "\(planName).new", partsName] { try? folder.remove(name) }
                throw error
            }
        } catch {
            uploads.removeFolder(uploadID)
            throw error
        }
        return MultipartFiles(uploadID, in: uploads, partsLength: 0)
    }

    /// Loads what an earlier process left; nil if it is not an upload of the XML API.
    ///
    /// - Throws: ``StoreError`` if it cannot be read.
    static func load(_ uploadID: String, in uploads: DiskFolder) throws(StoreError) -> Remains<Stored>? {
        let folder = try uploads.folder(uploadID, making: false)
        guard try folder.has(partsName) else { return nil }
        guard let record = try UploadFiles.contents(of: planName, in: folder) else { return .ended }
        guard let plan = MultipartPlan(encoded: record) else {
            return .damaged("\(planName): not the text that was written")
        }
        let text = try folder.file(partsName, writing: true).contents(limit: 64 << 20)
        // A last line without LF is incomplete: the process ended while writing it.
        let whole = text.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        var parts: [Int: UploadedPart] = [:]
        for line in text[..<whole].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        {
            guard let part = UploadedPart(line) else {
                return .damaged(
                    "\(partsName): the line '\(String(decoding: line, as: UTF8.self).escapedForDisplay)'")
            }
            parts[part.number] = part
        }
        for part in parts.values {
            guard try folder.has(part.fileName),
                try folder.file(part.fileName, writing: false).identity().size == part.size
            else { return .damaged("\(part.fileName): not the \(part.size) bytes that were written") }
        }
        let files = MultipartFiles(uploadID, in: uploads, partsLength: Int64(whole))
        return .unfinished(Stored(uploadID: uploadID, files: files, plan: plan, parts: parts))
    }

    /// An upload that an earlier process left.
    struct Stored {
        let uploadID: String
        let files: MultipartFiles
        let plan: MultipartPlan
        let parts: [Int: UploadedPart]
    }

    /// The upload's folder.
    func folder() throws(StoreError) -> DiskFolder { try uploads.folder(uploadID, making: false) }

    /// Creates an empty file for a part.
    func newPart(_ fileName: String) throws(StoreError) -> StoredFile { try folder().newFile(fileName) }

    /// Removes the file of a part that is not used.
    func dropPart(_ fileName: String) {
        try? folder().remove(fileName)  // What stays is removed with the upload.
    }

    /// Appends the line of a part whose file is complete, and removes the file of the part it replaces.
    func keep(_ part: UploadedPart, inPlaceOf old: UploadedPart?) throws(StoreError) {
        let folder = try folder()
        try partsLength.withLock { length throws(StoreError) in
            let line = part.line
            try folder.file(Self.partsName, writing: true).write([ByteBuffer(string: line)], at: length)
            length += Int64(line.utf8.count)
        }
        if let old { try folder.remove(old.fileName) }
    }

    /// Concatenates the parts into the file ``dataName``.
    func assemble(_ parts: [UploadedPart]) throws(StoreError) {
        let folder = try folder()
        try folder.remove(Self.dataName)
        // A single part is linked instead of copied.
        if parts.count == 1 { return try folder.link(parts[0].fileName, to: folder, Self.dataName) }
        let data = try folder.newFile(Self.dataName)
        var offset: Int64 = 0
        for part in parts {
            try data.append(folder.file(part.fileName, writing: false), part.size, at: offset)
            offset += part.size
        }
    }
}
