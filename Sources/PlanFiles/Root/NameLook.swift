import Glibc
import PlanCore

/// Looks up one name after another.
///
/// Keeps the folder of the last one open: names mostly arrive folder by folder.
struct NameLook {
    private var folder: (path: ArraySlice<UInt8>, descriptor: Descriptor)?

    /// The status of `place`; a link in the last segment is not followed.
    mutating func status(at place: FilePlace) throws(FileError) -> stat {
        do throws(SystemError) {
            // A single name in a folder that was opened confined cannot lead out of the root.
            if let status = try lookInFolder(place) { return status }
        } catch {
            // The confined lookup below reports the error.
        }
        return try place.lookAtName()
    }

    /// Returns nil for a name that needs a confined lookup (`..`).
    private mutating func lookInFolder(_ place: FilePlace) throws(SystemError) -> stat? {
        let path = place.path.bytes
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let name = path[(slash.map { $0 + 1 } ?? 0)...]
        guard !name.isEmpty, !name.elementsEqual("..".utf8) else { return nil }
        let parent = slash.map { $0 == 0 ? path[...0] : path[..<$0] } ?? []
        if let folder, folder.path == parent {
            return try folder.descriptor.status(of: Array(name), followingLinks: false)
        }
        let opened = try open(parent, of: place)
        folder = (parent, opened)
        return try opened.status(of: Array(name), followingLinks: false)
    }

    private func open(_ parent: ArraySlice<UInt8>, of place: FilePlace) throws(SystemError) -> Descriptor {
        guard !parent.isEmpty else { return place.root.lookup.folder }
        let folder = FilePlace(
            root: place.root, path: ByteString(displaying: Array(parent)), allowOutside: place.allowOutside)
        return try folder.open(flags: Descriptor.nameOnly | O_DIRECTORY)
    }
}
