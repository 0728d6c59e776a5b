import CFiles
import Glibc
import PlanCore

extension Root {
    /// Converts a command-line argument to a path relative to this root.
    ///
    /// Relative arguments are relative to the root, whatever the current folder is. `.` segments and doubled
    /// slashes are removed. `..` and absolute arguments are resolved on disk and accepted if they lie inside
    /// the root. **Shape**: the root itself is `.`.
    ///
    /// - Parameters:
    ///   - argument: the argument's bytes, UTF-8 or not.
    ///   - allowOutside: returns an argument outside the root as it is.
    /// - Returns: the path relative to the root.
    /// - Throws: ``FileError/emptyPath``, ``FileError/notUTF8(path:)``,
    ///   ``FileError/outsideRoot(argument:root:suggestedRoot:suggestedPath:)`` with a root that would work,
    ///   or ``FileError/relativeToFolder(argument:root:suggestedPath:)`` for a name that is right from the
    ///   current folder.
    package func relativePath(of argument: [UInt8], allowOutside: Bool = false) throws(FileError) -> LocalPath
    {
        guard !argument.isEmpty, !argument.contains(0) else { throw .emptyPath }
        guard let text = ByteString(validating: argument) else {
            throw .notUTF8(path: ByteString(displaying: argument))
        }
        let segments = Self.segments(argument)
        let absolute = argument[0] == UInt8(ascii: "/")
        if !segments.contains(where: { $0.elementsEqual("..".utf8) }) {
            if !absolute { return try Self.localPath(segments) }
            if let inside = Self.remainder(of: segments, below: rootSegments) {
                return try Self.localPath(inside)
            }
            if let named = Self.absolute(path.bytes),
                let inside = Self.remainder(of: segments, below: Self.segments(named))
            {
                return try Self.localPath(inside)
            }
        }
        let resolved = Self.resolvedParent(of: argument, from: absolutePath)
        if let inside = Self.remainder(of: resolved, below: rootSegments) {
            return try Self.localPath(inside)
        }
        if allowOutside {
            let kept = (absolute ? [UInt8(ascii: "/")] : []) + Self.joined(segments)
            return try Self.localPath([kept[...]])
        }
        if let path = pathFromCurrentFolder(argument) {
            throw .relativeToFolder(
                argument: text, root: ByteString(displaying: absolutePath), suggestedPath: path)
        }
        let (folder, rest) = Self.nearestFolder(to: resolved)
        throw .outsideRoot(
            argument: text, root: ByteString(displaying: absolutePath),
            suggestedRoot: ByteString(displaying: folder), suggestedPath: ByteString(displaying: rest))
    }

    /// The path from the root of the file that `argument` names from the current folder; nil if there is no
    /// such file or it lies outside the root.
    func pathFromCurrentFolder(_ argument: [UInt8]) -> ByteString? {
        guard argument.first != UInt8(ascii: "/") else { return nil }
        do throws(SystemError) {
            let here = try Self.resolved(".".utf8)
            guard here != absolutePath else { return nil }
            let resolved = Self.resolvedParent(of: argument, from: here)
            guard Self.isThere(resolved), let inside = Self.remainder(of: resolved, below: rootSegments)
            else {
                return nil
            }
            return inside.isEmpty ? "." : ByteString(validating: Self.joined(inside))
        } catch {
            return nil
        }
    }

    private var rootSegments: [ArraySlice<UInt8>] { Self.segments(absolutePath) }

    /// The deepest existing folder on the way to an absolute path, and the rest of the path (`.` if nothing
    /// is left).
    private static func nearestFolder(
        to path: [ArraySlice<UInt8>]
    ) -> (folder: [UInt8], rest: [UInt8]) {
        var folder = path.dropLast()
        while !folder.isEmpty, !isThere(Array(folder), mustBeFolder: true) { folder.removeLast() }
        let rest = path.dropFirst(folder.count)
        return (
            [UInt8(ascii: "/")] + joined(folder), rest.isEmpty ? [UInt8(ascii: ".")] : joined(rest)
        )
    }

    private static func isThere(_ path: [ArraySlice<UInt8>], mustBeFolder: Bool = false) -> Bool {
        var status = stat()
        let found = unsafe ([UInt8(ascii: "/")] + joined(path)).withCPath { unsafe lstat($0, &status) } == 0
        return found && (!mustBeFolder || FileKind(mode: status.st_mode) == .folder)
    }

    /// The argument's absolute segments.
    ///
    /// Its parent folder is resolved on disk; the last segment is kept as it is, link or not.
    private static func resolvedParent(
        of argument: [UInt8], from folder: [UInt8]
    ) -> [ArraySlice<UInt8>] {
        let slash = [UInt8(ascii: "/")]
        let whole = argument.first == slash[0] ? argument : folder + slash + argument
        var segments = segments(whole)
        var kept: [ArraySlice<UInt8>] = []
        while true {
            if let last = segments.last, kept.isEmpty, !last.elementsEqual("..".utf8) {
                kept = [segments.removeLast()]
            }
            do throws(SystemError) {
                return Root.segments(try resolved(slash + joined(segments))) + kept
            } catch {
                // The folder does not exist or is not accessible: resolves the nearest existing parent
                // instead.
                guard let last = segments.popLast() else { return kept }
                kept.insert(last, at: 0)
                kept = withoutParents(kept)
            }
        }
    }

    /// Removes `..` lexically (`a/../b` becomes `b`), for paths that do not exist.
    private static func withoutParents(_ segments: [ArraySlice<UInt8>]) -> [ArraySlice<UInt8>] {
        var kept: [ArraySlice<UInt8>] = []
        for segment in segments {
            if segment.elementsEqual("..".utf8), let last = kept.last, !last.elementsEqual("..".utf8) {
                kept.removeLast()
            } else {
                kept.append(segment)
            }
        }
        return kept
    }

    /// The rest of `path` below `folder`; nil if it does not lie there.
    private static func remainder(
        of path: [ArraySlice<UInt8>], below folder: [ArraySlice<UInt8>]
    ) -> ArraySlice<ArraySlice<UInt8>>? {
        guard path.starts(with: folder, by: { $0.elementsEqual($1) }) else { return nil }
        return path.dropFirst(folder.count)
    }

    private static func localPath(_ segments: some Collection<ArraySlice<UInt8>>) throws(FileError)
        -> LocalPath
    {
        let bytes = segments.isEmpty ? [UInt8(ascii: ".")] : joined(segments)
        guard let text = ByteString(validating: bytes) else {
            throw .notUTF8(path: ByteString(displaying: bytes))
        }
        do throws(LocalPathError) {
            return try LocalPath(text, allowOutside: true)
        } catch {
            throw .emptyPath  // the only rule left: NUL was refused before
        }
    }

    /// The segments of a path without empty ones and `.`.
    private static func segments(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
        path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    }

    private static func joined(_ segments: some Collection<ArraySlice<UInt8>>) -> [UInt8] {
        Array(segments.joined(separator: [UInt8(ascii: "/")]))
    }

    /// `path` made absolute from the current folder; nil if that folder is gone or `path` contains `..`.
    private static func absolute(_ path: [UInt8]) -> [UInt8]? {
        guard !segments(path).contains(where: { $0.elementsEqual("..".utf8) }) else { return nil }
        if path.first == UInt8(ascii: "/") { return path }
        do throws(SystemError) {
            return try resolved(".".utf8) + [UInt8(ascii: "/")] + path
        } catch {
            return nil
        }
    }
}

/// The process's arguments as raw bytes.
///
/// `CommandLine.arguments` repairs invalid UTF-8, so a file with such a name would be looked up under another
/// name. It is also empty where /proc is not mounted.
package enum RawArguments {
    /// The bytes of every argument, the program's name first.
    ///
    /// **Shape**: empty for an empty argument vector.
    package static var all: [[UInt8]] {
        (0..<cosplan_argument_count()).compactMap { index in
            guard let argument = unsafe cosplan_argument(index) else { return nil }
            return unsafe Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument)))
        }
    }
}
