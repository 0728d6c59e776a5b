import ArgumentParser
import PlanCore

/// How objects are named.
struct KeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A folder put before every default key.", valueName: "/folder"))
    var prefix: String?

    @Option(help: ArgumentHelp("The object's key, where exactly one file is planned.", valueName: "/key"))
    var key: String?

    func validate() throws {
        guard prefix == nil || key == nil else {
            throw ValidationError("--prefix and --key exclude each other: --key is the whole key.")
        }
    }

    /// Refuses a key or prefix that is illegal in `api`.
    func check(for api: ServiceAPI) throws(ValidationError) {
        do throws(ObjectKeyError) {
            if let prefix { try ObjectKey(Self.folder(prefix) + "/x").check(for: api) }
            if let key { try ObjectKey(key).check(for: api) }
        } catch {
            throw ValidationError("\(prefix == nil ? "--key" : "--prefix or --key"): \(error.description).")
        }
    }

    static func folder(_ prefix: String) -> String {
        var folder = Substring(prefix)
        while folder.utf8.last == UInt8(ascii: "/") { folder = folder.dropLast() }
        return folder.isEmpty || folder.hasPrefix("/") ? String(folder) : "/" + folder
    }
}

/// Derives the keys of files from ``KeyOptions``.
struct KeyNames {
    /// The complete key of the only file.
    private let key: ByteString?
    /// The prefix of every default key, with a trailing `/`.
    private let prefix: [UInt8]
    private let api: ServiceAPI

    init(_ options: KeyOptions, for api: ServiceAPI) {
        self.api = api
        key = options.key.map { ByteString($0) }
        prefix = Array(KeyOptions.folder(options.prefix ?? "").utf8) + [UInt8(ascii: "/")]
    }

    /// The way out that only some refusals have.
    private static func otherAPI(for error: ObjectKeyError) -> String {
        if case .refusedCharacter = error { ", or plan for --api xml or s3, which take it" } else { "" }
    }

    /// The key of the file at `path`.
    ///
    /// - Throws: ``CommandFailure`` if the default key would be illegal; it names the character.
    func key(for path: LocalPath) throws(CommandFailure) -> ObjectKey {
        let relative = path.bytes.bytes.drop { $0 == UInt8(ascii: "/") }
        let bytes = key ?? ByteString(displaying: prefix + relative)
        let key: ObjectKey
        do throws(ObjectKeyError) {
            key = try ObjectKey(bytes)
            try key.check(for: api)
        } catch {
            throw CommandFailure(
                .usage,
                "\(path): its default \(error.description); plan it alone with --key, rename it, or leave it out "
                    + "with --exclude\(Self.otherAPI(for: error))")
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
