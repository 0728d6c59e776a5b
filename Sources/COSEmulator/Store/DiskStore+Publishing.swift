import Glibc
import NIOCore
import PlanCore

// How objects come to their place.
extension DiskStore {
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
        let (folder, data): (DiskFolder, StoredFile)
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

    /// Publishes the data of an upload as the object that `record` describes.
    func publish(
        _ files: UploadFiles, as record: ObjectRecord, replacing: Bool
    ) throws(PublishProblem) -> ObjectRecord {
        let (folder, data): (DiskFolder, StoredFile)
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

    private func publish(
        _ file: StoredFile, _ name: String, in folder: DiskFolder, as record: ObjectRecord, replacing: Bool
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
}
