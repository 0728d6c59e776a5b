/// Where an object can be fetched, as the service says it.
///
/// **Source**: the init page's reply: `access_url`, `resource_path`, `source_url`, `url`, `vid`.
public struct ObjectURLs: Hashable, Sendable {
    /// Wire names and values, in the order of the page.
    public let entries: [Entry]

    /// One of them.
    public struct Entry: Hashable, Sendable {
        /// The wire name.
        public let name: String
        /// The service's text, foreign.
        public let value: String
    }

    /// The names that are kept, in the order they are kept.
    public static let names = [
        WireName.accessURL, WireName.resourcePath, WireName.sourceURL, WireName.url, WireName.previewURL,
        WireName.vid,
    ]

    /// No URLs.
    public static let none = ObjectURLs(entries: [])

    /// Those of `data` that are there and not empty.
    public init(_ data: ReplyData) {
        entries = Self.names.compactMap { name in
            guard let value = data.text(name), !value.isEmpty else { return nil }
            return Entry(name: name, value: value)
        }
    }

    /// Entries as given.
    public init(entries: [Entry]) {
        self.entries = entries
    }

    /// The value under a wire name.
    public subscript(name: String) -> String? { entries.first { $0.name == name }?.value }

    /// Whether there is no URL; a path or a `vid` alone is none.
    public var isEmpty: Bool {
        self[WireName.accessURL] == nil && self[WireName.sourceURL] == nil && self[WireName.url] == nil
    }
}

extension ObjectURLs.Entry {
    /// A name and its value.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
