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

    /// Refuses a key or folder that no object of `api` can have.
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
