import COSEmulator
import Foundation
import PlanCore
import PlanFiles
import PlanManifest

/// A fault script: a YAML list of faults.
enum FaultScript {
    /// The faults listed in the file at `path`.
    ///
    /// - Throws: ``CommandFailure``: 66 if it cannot be read, 78 if it is not a list of faults.
    static func faults(in path: String) throws -> [Fault] {
        let shown = path.escapedForDisplay
        do {
            let source = try withFileFailures {
                try FileByteSource(path: ByteString(path), spoolFolder: .temporaryFolder)
            }
            return try SettingsText.list(source).map { entry in
                do throws(FaultError) {
                    return try Fault(fields: entry.fields)
                } catch {
                    throw CommandFailure(.configuration, "\(shown):\(entry.place): \(error.description)")
                }
            }
        } catch let error as SettingsError {
            throw CommandFailure(.configuration, "\(shown):\(error.place): \(error.message); correct it")
        }
    }
}
