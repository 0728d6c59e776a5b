import Foundation
import PlanCore

/// The folder that `serve --root` names: the emulator's own, or nobody's.
enum StoreFolder {
    /// What the emulator keeps in it.
    private static let names: Set<String> = ["lock", "objects", "records", "uploads"]
    /// What it makes only where something was damaged, and what earlier versions did not make.
    private static let occasionalNames: Set<String> = ["aside", "damaged"]

    /// Refuses what is no folder, and a folder of somebody's files.
    ///
    /// What cannot be looked at here is left to the emulator, which says why it cannot use it.
    static func check(_ path: String) throws(CommandFailure) {
        var isFolder: ObjCBool = false
        let shown = path.escapedForDisplay
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else {
            throw CommandFailure(.cannotWrite, "--root \(shown): is a file; name a folder to keep objects in")
        }
        // An unreadable folder: see above.
        let found = Set((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
        guard found.isSubset(of: names.union(occasionalNames)) || names.isSubset(of: found) else {
            throw CommandFailure(
                .cannotWrite,
                "--root \(shown): holds other files and no objects of the emulator; name an empty folder, or one "
                    + "that does not exist yet")
        }
    }
}
