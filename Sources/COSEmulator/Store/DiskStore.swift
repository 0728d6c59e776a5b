import Glibc
import NIOCore
import PlanCore
import Synchronization

/// Stores objects and unfinished uploads below one folder.
///
/// - `objects/<appid>/<bucket>/<key>`: the objects, byte for byte; `s3` replaces the appid for a bucket of S3 alone.
/// - `aside/`: objects whose key cannot be a path there.
/// - `records/`: the metadata of objects.
/// - `uploads/`: unfinished uploads.
/// - `damaged/`: what could not be read at start.
///
/// Everything survives the end of the process, but not a power loss: nothing is synced.
final class DiskStore: Sendable {
    private let root: Folder
    private let objects: Folder
    private let aside: Folder
    private let records: Folder
    private let uploads: Folder
    /// The lock on the root, held for the store's lifetime: two emulators must not share a root.
    private let lock: StoredFile
    private let damage = Mutex<[String]>([])

    /// Why an object was not published.
    enum PublishProblem: Error {
        /// Something has the name and must not be replaced.
        case exists
        /// The name is a folder, or a part of the path is not.
        case conflict
        case failed(StoreError)
    }

    /// Opens the folder at `path`; creates it if it does not exist.
    init(path: String) throws(StoreError) {
        root = try Folder.open(path: path)
        lock = try root.lock("lock")
        objects = try root.folder("objects", making: true)
        aside = try root.folder("aside", making: true)
        records = try root.folder("records", making: true)
        uploads = try root.folder("uploads", making: true)
    }

    /// Releases the root for another emulator; this store must not be used any more.
    func unlock() { lock.unlock() }

    // MARK: Loading

    /// The objects whose files still match their records; other records are removed.
    ///
    /// If a process ended between moving an object and moving its record into place, the record's draft
    /// describes the object and becomes the record. Damaged records are set aside.
    func loadObjects() throws(StoreError) -> [ObjectRecord] {
        var found: [ObjectRecord] = []
        var seen: Set<String> = []
        for file in try records.names() {
            let isDraft = file.hasSuffix(Self.draftSuffix)
            let name = isDraft ? String(file.dropLast(Self.draftSuffix.count)) : file
            guard seen.insert(name).inserted else { continue }
            let draft = Self.draft(of: name)
            let record = try storedRecord(name, in: name)
            if case .intact(let record) = record {
                found.append(record)
            } else if case .intact(let record) = try storedRecord(name, in: draft) {
                try records.move(draft, to: records, name)
                found.append(record)
            } else if case .damaged(let reason) = record {
                try setAside(name, in: records, "records", reason)
            } else {
                try records.remove(name)
            }
            try records.remove(draft)
        }
        return found
    }

    private enum StoredRecord {
        /// It describes the existing object.
        case intact(ObjectRecord)
        /// Its object is missing or is another one.
        case stale
        case damaged(String)
    }

    /// The record called `name`, read from `file`.
    private func storedRecord(_ name: String, in file: String) throws(StoreError) -> StoredRecord {
        do throws(StoreError) {
            guard try records.has(file) else { return .stale }
            let text = try records.file(file, writing: false).contents(limit: 1 << 20)
            guard let record = ObjectRecord(encoded: text), record.recordName == name else {
                return .damaged("not the text that was written")
            }
            return try isIntact(record) ? .intact(record) : .stale
        } catch {
            guard !error.isShortage else { throw error }
            return .damaged("\(error)")
        }
    }

    /// What was found damaged and set aside, one line each.
    var notices: [String] { damage.withLock { $0 } }

    /// Moves a damaged file to `damaged/`, for a person to look at.
    private func setAside(
        _ name: String, in folder: Folder, _ folderName: String, _ reason: String
    ) throws(StoreError) {
        let damaged = try root.folder(Self.damagedName, making: true)
        var target = name
        var number = 2
        while try damaged.has(target) {
            target = "\(name)-\(number)"
            number += 1
        }
        try folder.move(name, to: damaged, target)
        let place = "\(folderName)/\(name)".escapedForDisplay
        damage.withLock {
            $0.append(
                "\(place): damaged (\(reason)); moved to \(Self.damagedName)/\(target.escapedForDisplay)")
        }
    }

    private static let damagedName = "damaged"
    private static let draftSuffix = ".new"

    /// The file name of a record until its object is in place.
    private static func draft(of recordName: String) -> String { recordName + draftSuffix }

    /// The uploads that can continue; remains of ended ones are removed, damaged ones set aside.
    ///
    /// `maximumPieces` is the maximum number of slices, and of parts, of an upload.
    func loadUploads(maximumPieces: Int) throws(StoreError) -> [StoredUpload] {
        var found: [StoredUpload] = []
        for name in try uploads.names() {
            do throws(StoreError) {
                guard try uploads.hasFolder(name) else {
                    try uploads.remove(name)
                    continue
                }
                switch try Self.storedUpload(name, in: uploads, maximumPieces) {
                case .unfinished(let upload): found.append(upload)
                case .ended: try endUpload(name)
                case .damaged(let reason): try setAside(name, in: uploads, "uploads", reason)
                }
            } catch {
                guard !error.isShortage else { throw error }
                try setAside(name, in: uploads, "uploads", "\(error)")
            }
        }
        return found
    }

    /// An upload of either API that an earlier process left.
    enum StoredUpload {
        case slices(UploadFiles.Stored)
        case parts(MultipartFiles.Stored)
    }

    private static func storedUpload(
        _ name: String, in uploads: Folder, _ maximumPieces: Int
    ) throws(StoreError) -> Remains<StoredUpload> {
        if let remains = try MultipartFiles.load(name, in: uploads) { return remains.map { .parts($0) } }
        return try UploadFiles.load(name, in: uploads, maximumPieces: maximumPieces).map { .slices($0) }
    }

    /// Whether an object's file is still the one that was published.
    ///
    /// - Throws: ``StoreError`` if the system does not let it be checked.
    func isIntact(_ record: ObjectRecord) throws(StoreError) -> Bool {
        do throws(StoreError) {
            let identity = try open(record).identity()
            return identity.size == record.fileSize && identity.modified == record.fileModified
        } catch {
            // The name does not exist, or it or one of its folders is something else.
            guard [ENOENT, ENOTDIR, ELOOP, EINVAL].contains(error.code) else { throw error }
            return false
        }
    }

    // MARK: Uploads

    /// Creates the files of a new upload.
    func beginUpload(_ session: String, plan: UploadPlan) throws(StoreError) -> UploadFiles {
        try UploadFiles.create(session, in: uploads, plan: plan)
    }

    /// Creates the files of a new upload of the XML API.
    func beginUpload(_ uploadID: String, plan: MultipartPlan) throws(StoreError) -> MultipartFiles {
        try MultipartFiles.create(uploadID, in: uploads, plan: plan)
    }

    /// Creates an empty file for an object that is sent in one request.
    func newFile(_ unique: String) throws(StoreError) -> StoredFile { try uploads.newFile(unique) }

    /// Removes the file of an object that will not be published.
    func drop(_ unique: String) {
        try? uploads.remove(unique)  // What stays is removed at the next start.
    }

    /// Removes the files of an upload.
    func endUpload(_ session: String) throws(StoreError) {
        let folder = try uploads.folder(session, making: false)
        for name in try folder.names() { try folder.remove(name) }
        uploads.removeFolder(session)
    }

    // MARK: Objects

    /// An object's file.
    func open(_ record: ObjectRecord) throws(StoreError) -> StoredFile {
        let place = try place(of: record, making: false)
        return try place.folder.file(place.name, writing: false)
    }

    /// Publishes a file of ``newFile(_:)`` as the object that `record` describes, replacing `old`.
    func publish(
        _ unique: String, as record: ObjectRecord, over old: ObjectRecord?
    ) throws(PublishProblem) -> ObjectRecord {
        let file: StoredFile
        do throws(StoreError) { file = try uploads.file(unique, writing: false) } catch {
            throw .failed(error)
        }
        return try publish(file, unique, in: uploads, as: try placed(record, over: old), replacing: true)
    }

    /// Publishes the assembled parts of an upload as the object that `record` describes, replacing `old`.
    func publish(
        _ files: MultipartFiles, as record: ObjectRecord, over old: ObjectRecord?
    ) throws(PublishProblem) -> ObjectRecord {
        let (folder, data): (Folder, StoredFile)
        do throws(StoreError) {
            folder = try files.folder()
            data = try folder.file(MultipartFiles.dataName, writing: false)
        } catch { throw .failed(error) }
        return try publish(
            data, MultipartFiles.dataName, in: folder, as: try placed(record, over: old), replacing: true)
    }

    /// The record with its place: the path of its key, or `aside/` if the key cannot be a path or `old` lies
    /// there.
    private func placed(
        _ record: ObjectRecord, over old: ObjectRecord?
    ) throws(PublishProblem) -> ObjectRecord {
        var record = record
        if let old, old.isAside {
            record.isAside = true
        } else if !record.address.isPath {
            record.isAside = true
        } else {
            do throws(StoreError) {
                let parent = try parent(of: record.address, making: true)
                record.isAside = try parent.folder.hasFolder(parent.name)
            } catch {
                guard [ENOTDIR, ELOOP, ENAMETOOLONG].contains(error.code) else { throw .failed(error) }
                record.isAside = true
            }
        }
        return record
    }

    /// The folder and name of an object's file.
    private func place(
        of record: ObjectRecord, making: Bool
    ) throws(StoreError) -> (folder: Folder, name: String) {
        record.isAside ? (aside, record.asideName) : try parent(of: record.address, making: making)
    }

    /// Publishes the data of an upload as the object that `record` describes.
    func publish(
        _ files: UploadFiles, as record: ObjectRecord, replacing: Bool
    ) throws(PublishProblem) -> ObjectRecord {
        let (folder, data): (Folder, StoredFile)
        do throws(StoreError) {
            folder = try files.folder()
            data = try folder.file(UploadFiles.dataName, writing: false)
        } catch { throw .failed(error) }
        return try publish(data, UploadFiles.dataName, in: folder, as: record, replacing: replacing)
    }

    /// Publishes `bytes` as the object that `record` describes.
    func publish(
        _ bytes: [ByteBuffer], as record: ObjectRecord, replacing: Bool, unique: String
    ) throws(PublishProblem) -> ObjectRecord {
        let file: StoredFile
        do throws(StoreError) {
            file = try uploads.newFile(unique)
            try file.write(bytes, at: 0)
        } catch { throw .failed(error) }
        defer { try? uploads.remove(unique) }  // Gone already where it was moved; else removed at the start.
        return try publish(file, unique, in: uploads, as: record, replacing: replacing)
    }

    /// Publishes a hard link to the file of `source` as another object.
    func publish(
        copyOf source: ObjectRecord, as record: ObjectRecord, replacing: Bool, unique: String
    ) throws(PublishProblem) -> ObjectRecord {
        let file: StoredFile
        do throws(StoreError) {
            let place = try place(of: source, making: false)
            try place.folder.link(place.name, to: uploads, unique)
            file = try uploads.file(unique, writing: false)
        } catch { throw .failed(error) }
        defer { try? uploads.remove(unique) }  // As above.
        return try publish(file, unique, in: uploads, as: record, replacing: replacing)
    }

    /// Whether anything has the object's name, including a file from outside the emulator.
    func has(_ address: ObjectAddress) -> Bool {
        // Errors are ignored here: they occur again when the object is published.
        guard address.isPath, let parent = try? parent(of: address, making: false) else { return false }
        return (try? parent.folder.has(parent.name)) ?? false
    }

    /// Removes an object, its record and the folders that become empty.
    func remove(_ record: ObjectRecord) throws(StoreError) {
        let place = try place(of: record, making: false)
        try place.folder.remove(place.name)
        try records.remove(record.recordName)
        guard !record.isAside else { return }
        var segments = bucketSegments(of: record.address) + record.address.segments.dropLast()
        while segments.count > 2 {
            let name = segments.removeLast()
            guard try walk(segments, making: false).removeFolder(name) else { return }
        }
    }

    private func publish(
        _ file: StoredFile, _ name: String, in folder: Folder, as record: ObjectRecord, replacing: Bool
    ) throws(PublishProblem) -> ObjectRecord {
        var record = record
        do throws(StoreError) {
            let parent = try place(of: record, making: true)
            if try parent.folder.hasFolder(parent.name) { throw StoreError("put", name, code: EISDIR) }
            record.fileModified = try file.identity().modified
            // The existing record stays until the object is in place; from then on the draft describes it.
            // ``loadObjects()`` picks the right one after an interruption at any point.
            if !replacing, try parent.folder.has(parent.name) { throw StoreError("put", name, code: EEXIST) }
            let draft = Self.draft(of: record.recordName)
            try records.remove(draft)
            try records.newFile(draft).write([ByteBuffer(bytes: record.encoded)], at: 0)
            try folder.move(name, to: parent.folder, parent.name)
            try? records.move(draft, to: records, record.recordName)  // Else the next start does it.
            return record
        } catch {
            switch error.code {
            case EEXIST: throw .exists
            case EISDIR, ENOTDIR, ELOOP, ENOTEMPTY: throw .conflict
            default: throw .failed(error)
            }
        }
    }

    // MARK: Places

    private func bucketSegments(of address: ObjectAddress) -> [String] {
        [address.accountName, address.bucket.name]
    }

    private func parent(
        of address: ObjectAddress, making: Bool
    ) throws(StoreError) -> (folder: Folder, name: String) {
        var segments = bucketSegments(of: address) + address.segments
        let name = segments.removeLast()
        return (try walk(segments, making: making), name)
    }

    private func walk(_ segments: [String], making: Bool) throws(StoreError) -> Folder {
        var folder = objects
        for segment in segments { folder = try folder.folder(segment, making: making) }
        return folder
    }
}
