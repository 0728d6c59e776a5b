import Foundation

/// The text of the repository, for the tests of its layers.
enum SourceTree {
    /// The names of the C library on each platform; the tables use `Glibc` for all of them.
    private static let systemLibraries: Set<String> = ["Glibc", "Musl", "Darwin"]

    static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    /// The folders of `Sources`.
    static func targetNames() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path))
    }

    /// The folders of a target that hold sources.
    static func rooms(of target: String) throws -> [String] {
        let folder = root.appending(path: "Sources/\(target)")
        return try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: [.isDirectoryKey]
        ).filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
            .map(\.lastPathComponent).filter { !$0.hasSuffix(".docc") && $0 != "include" }
    }

    /// The files of a target with one of these extensions.
    static func files(of target: String, _ extensions: Set<String>) -> [URL] {
        let folder = root.appending(path: "Sources/\(target)")
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (found?.allObjects as? [URL] ?? []).filter { extensions.contains($0.pathExtension) }
    }

    /// The lines of a file without comments.
    static func code(of file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
            .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
    }

    /// The modules that a target's Swift files import.
    static func imports(of target: String) throws -> Set<String> {
        var modules: Set<String> = []
        for file in files(of: target, ["swift"]) {
            for line in try code(of: file) {
                guard let name = importedModule(line) else { continue }
                modules.insert(systemLibraries.contains(name) ? "Glibc" : name)
            }
        }
        return modules
    }

    private static func importedModule(_ line: Substring) -> String? {
        let words = line.split(separator: " ").prefix { !$0.hasPrefix("//") }.drop { $0.hasPrefix("@") }
        let rest = words.drop { ["public", "package", "internal", "private", "fileprivate"].contains($0) }
        guard rest.first == "import", let name = rest.dropFirst().last else { return nil }
        return name.split(separator: ".").first.map(String.init)
    }

    /// The headers that a target's C files include: `<stdint.h>` as written, quoted ones by name.
    static func includes(of target: String) throws -> Set<String> {
        var headers: Set<String> = []
        for file in files(of: target, ["c", "h", "inc"]) {
            for line in try code(of: file) {
                let words = line.replacing("#", with: " # ").split(separator: " ")
                if words.count >= 3, words[0] == "#", words[1] == "include" {
                    headers.insert(String(words[2]))
                }
            }
        }
        return headers
    }
}

/// A type that a source file declares.
struct DeclaredType: Hashable {
    let name: String
    let target: String
    /// Whether it stands in no other type.
    let isTopLevel: Bool

    /// The types that a target's Swift files declare.
    static func all(in target: String) throws -> [DeclaredType] {
        var found: [DeclaredType] = []
        for file in SourceTree.files(of: target, ["swift"]) {
            for line in try SourceTree.code(of: file) {
                guard let name = declaredName(line) else { continue }
                found.append(DeclaredType(name: name, target: target, isTopLevel: !line.hasPrefix(" ")))
            }
        }
        return found
    }

    private static func declaredName(_ line: Substring) -> String? {
        let modifiers: Set<Substring> = ["public", "package", "private", "fileprivate", "final", "indirect"]
        let words = line.split(separator: " ").drop { modifiers.contains($0) || $0.hasPrefix("@") }
        guard let kind = words.first, ["struct", "class", "enum", "actor", "protocol"].contains(kind),
            let name = words.dropFirst().first
        else { return nil }
        return String(name.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
}
