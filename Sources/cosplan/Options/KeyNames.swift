import PlanCore

/// Gives files their keys, as ``KeyOptions`` say.
struct KeyNames {
    /// The whole key of the one file.
    private let key: ByteString?
    /// What comes before a path, with its `/`.
    private let prefix: [UInt8]
    private let api: ServiceAPI

    init(_ options: KeyOptions, for api: ServiceAPI) {
        self.api = api
        key = options.key.map { ByteString($0) }
        prefix = Array(KeyOptions.folder(options.prefix ?? "").utf8) + [UInt8(ascii: "/")]
    }

    /// The key of the file at `path`.
    ///
    /// - Throws: ``CommandFailure`` where the default key would be illegal: it names the character.
    func key(for path: LocalPath) throws(CommandFailure) -> ObjectKey {
        let relative = path.bytes.bytes.drop { $0 == UInt8(ascii: "/") }
        let bytes = key ?? ByteString(displaying: prefix + relative)
        let key: ObjectKey
        do throws(ObjectKeyError) {
            key = try ObjectKey(bytes)
            try key.check(for: api)
        } catch {
            throw CommandFailure(
                .usage, "\(path): its default \(error.description); plan it alone with --key, or rename it")
        }
        guard bytes.bytes.count <= ManifestLimits.nameBytes else {
            throw CommandFailure(
                .usage,
                "\(path): its key would have \(bytes.bytes.count) bytes; "
                    + "a manifest holds at most \(ManifestLimits.nameBytes)")
        }
        return key
    }
}
