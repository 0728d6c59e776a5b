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
    let root: DiskFolder
    let objects: DiskFolder
    let aside: DiskFolder
    let records: DiskFolder
    let uploads: DiskFolder
    /// The lock on the root, held for the store's lifetime: two emulators must not share a root.
    private let lock: StoredFile
    let damage = Mutex<[String]>([])

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
        root = try DiskFolder.open(path: path)
        lock = try root.lock("lock")
        objects = try root.folder("objects", making: true)
        aside = try root.folder("aside", making: true)
        records = try root.folder("records", making: true)
        uploads = try root.folder("uploads", making: true)
    }

    /// Releases the root for another emulator; this store must not be used any more.
    func unlock() { lock.unlock() }

    // MARK: Loading

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

    // MARK: Places

    /// The folder and name of an object's file.
    func place(
        of record: ObjectRecord, making: Bool
    ) throws(StoreError) -> (folder: DiskFolder, name: String) {
        record.isAside ? (aside, record.asideName) : try parent(of: record.address, making: making)
    }

    private func bucketSegments(of address: ObjectAddress) -> [String] {
        [address.accountName, address.bucket.name]
    }

    func parent(
        of address: ObjectAddress, making: Bool
    ) throws(StoreError) -> (folder: DiskFolder, name: String) {
        var segments = bucketSegments(of: address) + address.segments
        let name = segments.removeLast()
        return (try walk(segments, making: making), name)
    }

    private func walk(_ segments: [String], making: Bool) throws(StoreError) -> DiskFolder {
        var folder = objects
        for segment in segments { folder = try folder.folder(segment, making: making) }
        return folder
    }
}
