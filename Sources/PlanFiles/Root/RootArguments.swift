import Glibc
import PlanCore

extension Root {
    /// An argument of the command line as a path relative to this root.
    ///
    /// Relative arguments are relative to the root, whatever the current folder is. `.` segments and doubled
    /// slashes go; `..` and absolute arguments are resolved on disk and accepted where they lie inside.
    /// **Shape**: the root itself is `.`.
    ///
    /// - Parameters:
    ///   - argument: the argument's bytes, UTF-8 or not.
    ///   - allowOutside: keeps an argument that lies outside as it is.
    /// - Throws: ``FileError/emptyPath``, ``FileError/notUTF8(path:)`` or, with a root that would work,
    ///   ``FileError/outsideRoot(argument:root:suggestedRoot:)``.
    public func relativePath(of argument: [UInt8], allowOutside: Bool = false) throws(FileError) -> LocalPath
    {
        guard !argument.isEmpty, !argument.contains(0) else { throw .emptyPath }
        guard let text = ByteString(validating: argument) else {
            throw .notUTF8(path: ByteString(displaying: argument))
        }
        let segments = Self.segments(argument)
        let absolute = argument[0] == UInt8(ascii: "/")
        if !segments.contains(where: { $0.elementsEqual("..".utf8) }) {
            if !absolute { return try Self.localPath(segments) }
            if let inside = Self.remainder(of: segments, below: Self.segments(absolutePath)) {
                return try Self.localPath(inside)
            }
            if let named = Self.absolute(path.bytes),
                let inside = Self.remainder(of: segments, below: Self.segments(named))
            {
                return try Self.localPath(inside)
            }
        }
        let resolved = resolvedParent(of: argument)
        if let inside = Self.remainder(of: resolved, below: Self.segments(absolutePath)) {
            return try Self.localPath(inside)
        }
        if allowOutside {
            let kept = (absolute ? [UInt8(ascii: "/")] : []) + Self.joined(segments)
            return try Self.localPath([kept[...]])
        }
        throw .outsideRoot(
            argument: text, root: ByteString(displaying: absolutePath),
            suggestedRoot: ByteString(displaying: [UInt8(ascii: "/")] + Self.joined(resolved.dropLast())))
    }

    /// The argument's absolute segments, its folder resolved on disk and its last segment kept, link or not.
    private func resolvedParent(of argument: [UInt8]) -> [ArraySlice<UInt8>] {
        let slash = [UInt8(ascii: "/")]
        let whole = argument.first == slash[0] ? argument : absolutePath + slash + argument
        var segments = Self.segments(whole)
        var kept: [ArraySlice<UInt8>] = []
        while true {
            if let last = segments.last, kept.isEmpty, !last.elementsEqual("..".utf8) {
                kept = [segments.removeLast()]
            }
            do throws(SystemError) {
                return Self.segments(try Self.resolved(slash + Self.joined(segments))) + kept
            } catch {
                // The folder is not there (or not to be seen): the nearest one that is tells where it would be.
                guard let last = segments.popLast() else { return kept }
                kept.insert(last, at: 0)
                kept = Self.withoutParents(kept)
            }
        }
    }

    /// `a/../b` as `b`, by the letter; for what is not on disk.
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

    /// What of `path` stands below `folder`; nil if it does not.
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

    /// The segments that mean something: neither empty nor `.`.
    private static func segments(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
        path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    }

    private static func joined(_ segments: some Collection<ArraySlice<UInt8>>) -> [UInt8] {
        Array(segments.joined(separator: [UInt8(ascii: "/")]))
    }

    /// `path` after the current folder; nil when that is gone or `path` climbs.
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
