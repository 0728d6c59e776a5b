/// Selects files inside folders by glob: `--include` and `--exclude`.
///
/// A file is selected if no exclude pattern matches it and, if there are include patterns, at least one
/// matches the file or one of its parent folders. An excluded folder is not entered. Files named directly as
/// arguments are not filtered.
public struct FileFilter: Hashable, Sendable {
    /// At least one must match; without any, every file qualifies.
    package let includes: [Glob]
    /// None may match.
    package let excludes: [Glob]

    /// Creates a filter; without patterns it selects everything.
    public init(includes: [Glob] = [], excludes: [Glob] = []) {
        self.includes = includes
        self.excludes = excludes
    }

    /// Whether a plan's file at `path`, relative to the root, is meant: what a search of the folders with these patterns
    /// would find.
    package func selects(file path: some Collection<UInt8>) -> Bool {
        guard includes(file: path) else { return false }
        guard !excludes.isEmpty else { return true }
        let path = globPath(path)
        return !excludes.contains { glob in
            glob.matches(path[...], isFolder: false)
                || (1..<max(1, path.count)).contains { glob.matches(path.prefix($0), isFolder: true) }
        }
    }

    /// Whether an exclude pattern matches `path` itself; `path` is relative to the root.
    package func excludes(_ path: some Collection<UInt8>, isFolder: Bool) -> Bool {
        guard !excludes.isEmpty else { return false }
        let path = globPath(path)
        return excludes.contains { $0.matches(path[...], isFolder: isFolder) }
    }

    /// Whether the include patterns select the file at `path`; `path` is relative to the root.
    package func includes(file path: some Collection<UInt8>) -> Bool {
        guard !includes.isEmpty else { return true }
        let path = globPath(path)
        return includes.contains { glob in
            glob.matches(path[...], isFolder: false)
                || (1..<max(1, path.count)).contains { glob.matches(path.prefix($0), isFolder: true) }
        }
    }
}
