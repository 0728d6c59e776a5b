import Foundation

/// The declarations of `Package.swift`, parsed from its text: SwiftPM started within its own test run would
/// wait for the lock that the run holds.
struct PackageText {
    /// The dependencies of each target; for a product, its name.
    private(set) var targets: [String: Set<String>] = [:]
    /// The names of the packages it depends on, from their URLs.
    private(set) var packages: Set<String> = []

    init() throws {
        let file = SourceTree.root.appending(path: "Package.swift")
        self.init(try SourceTree.code(of: file).joined(separator: "\n"))
    }

    init(_ text: String) {
        for kind in ["target", "executableTarget", "testTarget", "systemLibrary", "plugin", "macro"] {
            for call in Self.bracketed(after: ".\(kind)(", in: text) {
                guard let name = Self.value(of: "name", in: call) else { continue }
                var own = Self.bracketed(after: "dependencies: [", in: call).first ?? ""
                let products = Self.bracketed(after: ".product(", in: own)
                for product in products { own = own.replacing(product, with: "") }
                targets[name] = Set(products.compactMap { Self.value(of: "name", in: $0) })
                    .union(Self.quoted(in: own))
            }
        }
        for call in Self.bracketed(after: ".package(", in: text) {
            if let url = Self.value(of: "url", in: call) {
                packages.insert(String(url.split(separator: "/").last ?? ""))
            }
        }
    }

    /// The text in the brackets that `opening` begins.
    private static func bracketed(after opening: String, in text: String) -> [String] {
        text.ranges(of: opening).map { range in
            var depth = 1
            let inside = text[range.upperBound...].prefix { character in
                if "([".contains(character) { depth += 1 }
                if ")]".contains(character) { depth -= 1 }
                return depth > 0
            }
            return String(inside)
        }
    }

    /// The text in quotes after `label:`.
    private static func value(of label: String, in text: String) -> String? {
        text.firstRange(of: "\(label): \"").map { range in
            String(text[range.upperBound...].prefix { $0 != "\"" })
        }
    }

    /// Every text in quotes.
    private static func quoted(in text: String) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
