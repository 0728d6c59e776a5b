import Foundation
import PlanCore

/// Checks the folder for `serve --root`: it must belong to the emulator or be empty.
enum StoreFolder {
    /// The names that the emulator always creates.
    private static let names: Set<String> = ["lock", "objects", "records", "uploads"]
    /// The names that it creates only sometimes.
    private static let occasionalNames: Set<String> = ["aside", "damaged"]

    /// Refuses a path that is not a folder, and a folder with other files.
    ///
    /// A folder that cannot be read is left to the emulator, whose error says why.
    static func check(_ path: String) throws(CommandFailure) {
        var isFolder: ObjCBool = false
        let shown = path.escapedForDisplay
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            throw CommandFailure(.cannotWrite, "--root \(shown): is a file; name a folder to keep objects in")
        }
        // Unreadable folder: see above.
        let found = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
        guard found.isSubset(of: names.union(occasionalNames)) || names.isSubset(of: found) else {
            throw CommandFailure(
                .cannotWrite,
                "--root \(shown): holds other files and no objects of the emulator; name an empty folder, or one "
                    + "that does not exist yet")
        }
    }
}
