import PlanCore

/// The index in memory: objects, the folders they imply, known contents and unfinished uploads.
struct Catalogue {
    private(set) var objects: [ObjectAddress: ObjectRecord] = [:]
    private(set) var sessions: [String: SliceUpload] = [:]
    private(set) var multipartUploads: [String: MultipartUpload] = [:]
    private var unfinished: [ObjectAddress: String] = [:]
    /// The number of objects below each folder.
    private var folders: [FolderAddress: Int] = [:]
    private var contents: [ObjectRecord.Content: Set<ObjectAddress>] = [:]
    /// The memory it uses for data that clients control.
    ///
    /// **Unit**: bytes.
    private(set) var heldBytes = 0

    /// The unfinished upload at a key.
    func unfinished(at address: ObjectAddress) -> SliceUpload? {
        unfinished[address].flatMap { sessions[$0] }
    }

    /// An object with this content, under any key.
    func object(with content: ObjectRecord.Content, where isThere: (ObjectRecord) -> Bool) -> ObjectRecord? {
        contents[content]?.lazy.compactMap { objects[$0] }.first(where: isThere)
    }

    /// Checks that folders and objects do not conflict.
    ///
    /// - Throws: ``Refusal`` if a folder has the key, or an object has the name of one of its folders.
    func checkPath(_ address: ObjectAddress) throws(Refusal) {
        guard folders[address.asFolder] == nil else {
            throw Refusal(.pathConflict, "objects lie below \(address.resourcePath.escapedForDisplay)")
        }
        for folder in address.folders {
            if let object = folder.asObject, objects[object] != nil {
                throw Refusal(.pathConflict, "\(object.resourcePath.escapedForDisplay) is an object")
            }
        }
    }

    mutating func add(_ record: ObjectRecord) {
        remove(record.address)
        objects[record.address] = record
        heldBytes += record.heldBytes
        if let content = record.content { contents[content, default: []].insert(record.address) }
        for folder in record.address.folders { folders[folder, default: 0] += 1 }
    }

    mutating func remove(_ address: ObjectAddress) {
        guard let record = objects.removeValue(forKey: address) else { return }
        heldBytes -= record.heldBytes
        if let content = record.content {
            contents[content]?.remove(address)
            if contents[content]?.isEmpty ?? false { contents[content] = nil }
        }
        for folder in address.folders {
            let count = (folders[folder] ?? 1) - 1
            folders[folder] = count > 0 ? count : nil
        }
    }

    mutating func add(_ session: SliceUpload) {
        sessions[session.id] = session
        heldBytes += session.plan.heldBytes
        unfinished[session.plan.address] = session.id
    }

    /// The number of unfinished uploads.
    var uploadCount: Int { sessions.count + multipartUploads.count }

    mutating func add(_ upload: MultipartUpload) {
        multipartUploads[upload.id] = upload
        heldBytes += upload.plan.heldBytes
    }

    mutating func remove(_ upload: MultipartUpload) {
        guard multipartUploads.removeValue(forKey: upload.id) != nil else { return }
        heldBytes -= upload.plan.heldBytes
    }

    mutating func remove(_ session: SliceUpload) {
        guard sessions.removeValue(forKey: session.id) != nil else { return }
        heldBytes -= session.plan.heldBytes
        unfinished[session.plan.address] = nil
    }
}
