/// What to do with symbolic links when files are looked for; the names are those of `--symlinks`.
public enum LinkPolicy: String, Hashable, Sendable, CaseIterable {
    /// Each is an error.
    case error
    /// Each stands for what it leads to, below the root.
    case follow
    /// They are left out.
    case skip
}
