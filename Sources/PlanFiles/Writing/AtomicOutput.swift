import CFiles
import Glibc
import PlanCore

/// A file that appears under its name complete or not at all.
///
/// The bytes go to an unnamed file in the same folder, or to one with a hidden name where the file system has
/// no unnamed files. ``finish()`` syncs it, renames it over the target and syncs the folder. An output
/// dropped before that leaves nothing behind. A pipe, a device or one of this process's descriptors is
/// written to directly. A link is followed: its target is replaced.
package final class AtomicOutput: ByteOutput {
    /// The files that a walk must not take as input: the one being written, and the one it replaces.
    package let nodes: Set<FileNode>
    /// The file that it replaces, if there is one.
    package let replaced: FileNode?
    /// Which file it will be; nil if it is written to directly.
    package let identity: OutputIdentity?
    /// The folder in which it will appear; nil for a pipe or device.
    package let folder: FileNode?
    /// The target as the user wrote it.
    private let path: ByteString
    private var output: BufferedDescriptor
    private var state: State

    private enum State {
        /// Written to directly.
        case straight
        /// An unnamed file, not in the folder yet.
        case unnamed(OutputPlace)
        /// In the folder under a temporary name.
        case named(OutputPlace, temporaryName: [UInt8])
        case finished
    }

    /// Prepares to write `path`.
    ///
    /// Nothing appears there yet.
    ///
    /// - Parameters:
    ///   - path: where it appears, relative to the current folder.
    ///   - isPrivate: whether a regular file is its owner's alone (0600), whatever it replaces.
    ///   - unnamedFiles: false uses a hidden name, as if the file system had no unnamed files.
    /// - Throws: ``FileError/createFailed(path:code:)``.
    package init(path: ByteString, isPrivate: Bool = false, unnamedFiles: Bool = true) throws(FileError) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        self.path = path
        do throws(SystemError) {
            if let straight = try OutputPlace.openStraight(path.bytes) {
                output = BufferedDescriptor(straight, path: path)
                nodes = Set([FileNode.ofRegularFile(descriptor: straight.number)].compactMap { $0 })
                folder = FileNode.ofFolder(holding: straight.number)
                (replaced, identity) = (nil, nil)
                if isPrivate, !nodes.isEmpty { try SystemError.check { fchmod(straight.number, 0o600) } }
                state = .straight
                return
            }
            let place = try OutputPlace(path.bytes)
            (folder, replaced, identity) = (place.identity.folder, place.replaced?.node, place.identity)
            let descriptor: Descriptor
            if unnamedFiles, let unnamed = try place.openUnnamed(isPrivate: isPrivate) {
                descriptor = unnamed
                state = .unnamed(place)
            } else {
                let (named, name) = try place.openNamed(isPrivate: isPrivate)
                descriptor = named
                state = .named(place, temporaryName: name)
            }
            output = BufferedDescriptor(descriptor, path: path)
            nodes = Set(
                [place.replaced?.node, FileNode.ofRegularFile(descriptor: descriptor.number)].compactMap {
                    $0
                })
        } catch {
            throw .createFailed(path: path, code: error.code)
        }
    }

    deinit { abandon() }

    /// Appends `bytes`; they may be buffered.
    package func write(_ bytes: [UInt8]) throws(FileError) {
        if case .finished = state { preconditionFailure("written to after finish or abandon") }
        try output.write(bytes)
    }

    /// Discards everything written and leaves nothing behind.
    ///
    /// Bytes already written to a pipe remain.
    package func abandon() {
        if case .named(let place, let name) = state { place.remove(name) }
        state = .finished
    }

    /// Syncs the file and gives it its name.
    ///
    /// - Throws: ``FileError/writeFailed(path:code:)`` or ``FileError/closedPipe(path:)``.
    package func finish() throws(FileError) {
        do throws(FileError) {
            try output.flush()
        } catch {
            abandon()
            throw error
        }
        do throws(SystemError) {
            let number = output.descriptor.number
            switch state {
            case .straight, .finished: break
            case .unnamed(let place):
                try SystemError.check { fsync(number) }
                if let name = try place.giveName(to: output.descriptor) {
                    state = .named(place, temporaryName: name)
                    try place.rename(name)
                }
                place.syncFolder()
            case .named(let place, let name):
                try SystemError.check { fsync(number) }
                try place.rename(name)
                place.syncFolder()
            }
        } catch {
            abandon()
            throw .writeFailed(path: path, code: error.code)
        }
        state = .finished
    }
}
