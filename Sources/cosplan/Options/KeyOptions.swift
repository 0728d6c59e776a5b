import ArgumentParser
import PlanCore

/// How objects are named.
struct KeyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A folder put before every default key.", valueName: "/folder"))
    var prefix: String?

    @Option(help: ArgumentHelp("The object's key, where exactly one file is planned.", valueName: "/key"))
    var key: String?

    func validate() throws {
        do {
            if let prefix { _ = try ObjectKey(Self.folder(prefix) + "/x") }
            if let key { _ = try ObjectKey(key) }
        } catch {
            throw ValidationError("\(prefix == nil ? "--key" : "--prefix or --key"): \(error.description).")
        }
        guard prefix == nil || key == nil else {
            throw ValidationError("--prefix and --key exclude each other: --key is the whole key.")
        }
    }

    /// The key of the file at `path`.
    ///
    /// - Throws: ``CommandFailure`` where the default key would be illegal: it names the character.
    func key(for path: LocalPath) throws(CommandFailure) -> ObjectKey {
        let relative = path.bytes.bytes.drop { $0 == UInt8(ascii: "/") }
        let text = key ?? Self.folder(prefix ?? "") + "/" + String(decoding: relative, as: UTF8.self)
        do {
            let key = try ObjectKey(text)
            guard text.utf8.count <= ManifestLimits.nameBytes else {
                throw CommandFailure(
                    .usage,
                    "\(path): its key would have \(text.utf8.count) bytes; "
                        + "a manifest holds at most \(ManifestLimits.nameBytes)")
            }
            return key
        } catch let error as ObjectKeyError {
            throw CommandFailure(
                .usage,
                "\(path): its default \(error.description); plan it alone with --key, or rename it")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.bug, "\(path): \(error)")
        }
    }

    private static func folder(_ prefix: String) -> String {
        var folder = Substring(prefix)
        while folder.utf8.last == UInt8(ascii: "/") { folder = folder.dropLast() }
        return folder.isEmpty || folder.hasPrefix("/") ? String(folder) : "/" + folder
    }
}
