import Glibc
import PlanCore
import Synchronization

// What is there at a start.
extension DiskStore {
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
        _ name: String, in folder: DiskFolder, _ folderName: String, _ reason: String
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
    static func draft(of recordName: String) -> String { recordName + draftSuffix }

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
        _ name: String, in uploads: DiskFolder, _ maximumPieces: Int
    ) throws(StoreError) -> Remains<StoredUpload> {
        if let remains = try MultipartFiles.load(name, in: uploads) { return remains.map { .parts($0) } }
        return try UploadFiles.load(name, in: uploads, maximumPieces: maximumPieces).map { .slices($0) }
    }
}
