import Glibc
import NIOCore
import PlanCore
import Synchronization

/// Objects and unfinished uploads below one folder.
///
/// `objects/<appid>/<bucket>/<key>` holds the objects, byte for byte, `aside/` those whose key cannot be a
/// path there; `records/` what is known of them;
/// `uploads/` the unfinished ones, where no key can name them; `damaged/` what could not be read at a start.
/// Everything survives the process, not a loss of power: nothing is synced.
final class DiskStore: Sendable {
    private let root: Folder
    private let objects: Folder
    private let aside: Folder
    private let records: Folder
    private let uploads: Folder
    /// Held as long as this store is: two emulators must not share a root.
    private let lock: StoredFile
    private let damage = Mutex<[String]>([])

    /// Why an object was not put in place.
    enum PublishProblem: Error {
        /// Something has the name already and must not be replaced.
        case exists
        /// A folder has the name, or a part of the path is none.
        case conflict
        case failed(StoreError)
    }

    /// Opens the folder at `path`, made where it lacks.
    init(path: String) throws(StoreError) {
        root = try Folder.open(path: path)
        lock = try root.lock("lock")
        objects = try root.folder("objects", making: true)
        aside = try root.folder("aside", making: true)
        records = try root.folder("records", making: true)
        uploads = try root.folder("uploads", making: true)
    }

    /// Lets another emulator use the root; this one must not any more.
    func unlock() { lock.unlock() }

    // MARK: What is there

    /// The objects whose files are still what their records say; other records are removed.
    ///
    /// Where a process ended between putting an object in place and putting its record in place, the record's
    /// draft describes the object and becomes the record. Damaged records are set aside.
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
        /// It describes the object that is there.
        case intact(ObjectRecord)
        /// There is none, or its object is another.
        case stale
        case damaged(String)
    }

    /// The record called `name` as it stands in `file`.
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

    /// What was found damaged and set aside, a line each.
    var notices: [String] { damage.withLock { $0 } }

    /// Moves what cannot be read out of the way; a person may want to look at it.
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

    /// Where a record is written before its object is in place.
    private static func draft(of recordName: String) -> String { recordName + draftSuffix }

    /// The uploads that can go on; the remains of ended ones are removed, damaged ones set aside.
    ///
    /// - Parameter maximumPieces: how many slices, and how many parts, an upload may have.
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

    /// An upload of either API as an earlier process left it.
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

    /// Whether an object's file is the one that was put in place.
    ///
    /// - Throws: ``StoreError`` where the system does not let it be looked at: it may be that one.
    func isIntact(_ record: ObjectRecord) throws(StoreError) -> Bool {
        do throws(StoreError) {
            let identity = try open(record).identity()
            return identity.size == record.fileSize && identity.modified == record.fileModified
        } catch {
            // Nothing has the name, or what has it, or one of its folders, is something else.
            guard [ENOENT, ENOTDIR, ELOOP, EINVAL].contains(error.code) else { throw error }
            return false
        }
    }

    // MARK: Uploads

    /// Makes the files of a new upload.
    func beginUpload(_ session: String, plan: UploadPlan) throws(StoreError) -> UploadFiles {
        try UploadFiles.create(session, in: uploads, plan: plan)
    }

    /// Makes the files of a new upload of the XML API.
    func beginUpload(_ uploadID: String, plan: MultipartPlan) throws(StoreError) -> MultipartFiles {
        try MultipartFiles.create(uploadID, in: uploads, plan: plan)
    }

    /// A new, empty file for an object that comes in one request.
    func newFile(_ unique: String) throws(StoreError) -> StoredFile { try uploads.newFile(unique) }

    /// Removes the file of an object that is not wanted.
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

    /// Puts a file of ``newFile(_:)`` in place of the object that `record` describes, whatever is there.
    func publish(
        _ unique: String, as record: ObjectRecord, over old: ObjectRecord?
    ) throws(PublishProblem) -> ObjectRecord {
        let file: StoredFile
        do throws(StoreError) { file = try uploads.file(unique, writing: false) } catch {
            throw .failed(error)
        }
        return try publish(file, unique, in: uploads, as: try placed(record, over: old), replacing: true)
    }

    /// Puts the assembled parts of an upload in place of the object that `record` describes, whatever is
    /// there.
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

    /// The record with its place: where its key says, unless that cannot be, or the object before it lies
    /// aside.
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

    /// Where an object's file lies.
    private func place(
        of record: ObjectRecord, making: Bool
    ) throws(StoreError) -> (folder: Folder, name: String) {
        record.isAside ? (aside, record.asideName) : try parent(of: record.address, making: making)
    }

    /// Puts the data of an upload in place of the object that `record` describes.
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

    /// Puts bytes in place of the object that `record` describes.
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

    /// Gives the bytes of one object a second name.
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

    /// Whether anything has the object's name: also a file that someone else put there.
    func has(_ address: ObjectAddress) -> Bool {
        // What cannot be looked at is found again when the object is put in place.
        guard address.isPath, let parent = try? parent(of: address, making: false) else { return false }
        return (try? parent.folder.has(parent.name)) ?? false
    }

    /// Removes an object with its record and the folders that are empty then.
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
            // Whatever has the name keeps its record until the object is in place; from then on the draft
            // tells what is there. ``loadObjects()`` finds the right one of them wherever this is cut short.
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
        ["\(address.appID)", address.bucket.name]
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
