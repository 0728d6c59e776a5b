/// Why a text is no list of file names.
public enum FileListError: Error, Hashable, Sendable {
    /// A NUL in a list whose names end in line ends. `line` counts from 1.
    case holdsNUL(line: Int)
    /// A name longer than any path. `number` counts lines, or names that end in NUL, from 1. **Unit**: bytes.
    case nameTooLong(number: Int, limit: Int, separator: FileList.Separator)
    /// More names than one manifest may hold files.
    case tooManyNames(limit: Int)
}

extension FileListError: CustomStringConvertible {
    /// What was found and what to do; whoever knows the list's name puts it before.
    public var description: String {
        switch self {
        case .holdsNUL(let line): "line \(line) holds a NUL; add -0 if paths end in NUL"
        case .nameTooLong(let number, let limit, .line):
            "line \(number) is longer than \(limit) bytes; is it the right file? Add -0 if paths end in NUL"
        case .nameTooLong(let number, let limit, .nul):
            "path \(number) is longer than \(limit) bytes; is it the right file? Leave out -0 if paths end in "
                + "line ends"
        case .tooManyNames(let limit):
            "more than the \(limit) files a manifest holds; plan them in several manifests"
        }
    }
}
