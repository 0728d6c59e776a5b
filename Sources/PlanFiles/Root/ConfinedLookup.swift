import CFiles
import Glibc

/// How lookups are confined to a root.
package enum Confinement: Hashable, Sendable {
    /// `openat2` with `RESOLVE_BENEATH`.
    case kernel
    /// A component walk that resolves links itself, for kernels and sandboxes without openat2.
    case segmentWalk
}

/// Opens paths below a folder and nowhere else.
///
/// A class, because the folder's descriptor has identity.
///
/// Links that stay below the folder are followed. `..` above it, links that leave it and absolute links are
/// refused with `EXDEV`. Never blocks and never creates files.
final class ConfinedLookup: Sendable {
    let folder: Descriptor
    let confinement: Confinement

    /// Opens paths below `folder`; without `confinement` it uses openat2, or a component walk where that is missing.
    init(folder: Descriptor, confinement: Confinement? = nil) {
        self.folder = folder
        self.confinement = confinement ?? Self.bestOfThisKernel(folder)
    }

    /// Opens `path`, which is relative and not empty.
    ///
    /// `flags` are those of open(2).
    func open(_ path: [UInt8], flags: Int32) throws(SystemError) -> Descriptor {
        switch confinement {
        case .kernel:
            let result = unsafe path.withCPath { path in
                unsafe cosplan_file_open_beneath(folder.number, path, flags)
            }
            if result >= 0 { return Descriptor(owning: result) }
            // The kernel limits a path to 4095 bytes, a manifest to 4096. The component walk has no such
            // limit.
            guard result == -ENAMETOOLONG else { throw SystemError(-result) }
        case .segmentWalk: break
        }
        var walk = SegmentWalk(root: folder)
        return try walk.open(path, flags: flags)
    }

    private static func bestOfThisKernel(_ folder: Descriptor) -> Confinement {
        let result = unsafe [UInt8(ascii: ".")].withCPath { path in
            unsafe cosplan_file_open_beneath(folder.number, path, Descriptor.nameOnly | O_DIRECTORY)
        }
        // Old kernels return ENOSYS; old container sandboxes return EPERM for every unknown call.
        guard result >= 0 else { return result == -ENOSYS || result == -EPERM ? .segmentWalk : .kernel }
        close(result)
        return .kernel
    }
}

/// The walk from a root to one name, component by component.
private struct SegmentWalk {
    /// The folders from the root to the current one; never empty.
    private var folders: [Descriptor]
    /// The components still to walk, last one first.
    ///
    /// An empty component (a trailing `/`) requires a folder.
    private var segments: [ArraySlice<UInt8>] = []
    private var linksFollowed = 0

    init(root: Descriptor) { folders = [root] }

    mutating func open(_ path: [UInt8], flags: Int32) throws(SystemError) -> Descriptor {
        guard path.first != UInt8(ascii: "/") else { throw SystemError(EXDEV) }
        push(path[...])
        while let segment = segments.popLast() {
            if segment.isEmpty || segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) {
                folders.removeLast()
                guard !folders.isEmpty else { throw SystemError(EXDEV) }
                continue
            }
            let last = segments.isEmpty
            let found = try openHere(segment, flags: Descriptor.nameOnly | O_NOFOLLOW)
            switch FileKind(mode: try found.status().st_mode) {
            case .link where last && flags & O_NOFOLLOW != 0:
                guard flags & Descriptor.nameOnly != 0 else { throw SystemError(ELOOP) }
                return found
            case .link: try follow(found)
            case .folder: folders.append(found)
            case _ where last:
                // O_NOFOLLOW: the name may have become a link since it was checked.
                return try openHere(segment, flags: flags | O_NOFOLLOW)
            default: throw SystemError(ENOTDIR)
            }
        }
        return try openHere(ArraySlice(".".utf8), flags: flags)
    }

    private func openHere(_ segment: ArraySlice<UInt8>, flags: Int32) throws(SystemError) -> Descriptor {
        let here = folders[folders.count - 1].number
        return Descriptor(
            owning: try SystemError.check {
                unsafe segment.withCPath { unsafe openat(here, $0, flags | O_CLOEXEC) }
            })
    }

    private mutating func follow(_ link: Descriptor) throws(SystemError) {
        linksFollowed += 1
        guard linksFollowed <= 40 else { throw SystemError(ELOOP) }  // the kernel's own limit
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = try SystemError.check {
            unsafe readlinkat(link.number, "", &target, target.count)
        }
        guard length > 0 else { throw SystemError(ENOENT) }
        guard length < target.count else { throw SystemError(ENAMETOOLONG) }
        let path = target[..<length].map { UInt8(bitPattern: $0) }
        guard path[0] != UInt8(ascii: "/") else { throw SystemError(EXDEV) }
        push(path[...])
    }

    private mutating func push(_ path: ArraySlice<UInt8>) {
        segments += path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).reversed()
    }
}
