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

    static func folder(_ prefix: String) -> String {
        var folder = Substring(prefix)
        while folder.utf8.last == UInt8(ascii: "/") { folder = folder.dropLast() }
        return folder.isEmpty || folder.hasPrefix("/") ? String(folder) : "/" + folder
    }
}
