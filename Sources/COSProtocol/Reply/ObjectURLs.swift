/// The URLs of an object, as given by the service.
///
/// **Source**: the init page's reply: `access_url`, `resource_path`, `source_url`, `url`, `vid`.
public struct ObjectURLs: Hashable, Sendable {
    /// Wire names and values, in the order of the documentation.
    package let entries: [Entry]

    /// One name with its value.
    package struct Entry: Hashable, Sendable {
        /// The wire name.
        package let name: String
        /// The value; untrusted text.
        package let value: String
    }

    /// The names that are kept, in this order.
    package static let names = [
        WireName.accessURL, WireName.resourcePath, WireName.sourceURL, WireName.url, WireName.previewURL,
        WireName.vid,
    ]

    /// No URLs.
    package static let none = ObjectURLs(entries: [])

    /// The URLs in `data` that are present and not empty.
    package init(_ data: ReplyData) {
        entries = Self.names.compactMap { name in
            guard let value = data.text(name), !value.isEmpty else { return nil }
            return Entry(name: name, value: value)
        }
    }

    /// Creates it from entries.
    package init(entries: [Entry]) {
        self.entries = entries
    }

    /// The value under a wire name.
    public subscript(name: String) -> String? { entries.first { $0.name == name }?.value }

    /// Whether there is no URL; a path or a `vid` alone does not count.
    package var isEmpty: Bool {
        self[WireName.accessURL] == nil && self[WireName.sourceURL] == nil && self[WireName.url] == nil
    }
}

extension ObjectURLs.Entry {
    /// Creates an entry.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
