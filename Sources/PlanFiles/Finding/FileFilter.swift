/// Which of the files in a folder are meant: `--include` and `--exclude`.
///
/// A file is taken if no exclude pattern matches it and, where there are include patterns, one of them matches it
/// or a folder it lies in. A folder that is excluded is not entered. Files and folders named one by one are not
/// filtered, only what is found in the folders.
public struct FileFilter: Hashable, Sendable {
    /// Patterns of which one must match; any file if there are none.
    public let includes: [Glob]
    /// Patterns of which none may match.
    public let excludes: [Glob]

    /// A filter of these patterns; without any, it takes everything.
    public init(includes: [Glob] = [], excludes: [Glob] = []) {
        self.includes = includes
        self.excludes = excludes
    }

    /// Whether an exclude pattern matches `path`, relative to the root, itself.
    public func excludes(_ path: some Collection<UInt8>, isFolder: Bool) -> Bool {
        guard !excludes.isEmpty else { return false }
        let path = globPath(path)
        return excludes.contains { $0.matches(path[...], isFolder: isFolder) }
    }

    /// Whether the include patterns take the file at `path`, relative to the root.
    public func includes(file path: some Collection<UInt8>) -> Bool {
        guard !includes.isEmpty else { return true }
        let path = globPath(path)
        return includes.contains { glob in
            glob.matches(path[...], isFolder: false)
                || (1..<max(1, path.count)).contains { glob.matches(path.prefix($0), isFolder: true) }
        }
    }
}
