import Foundation
import PlanCore

/// The arguments as the bytes they came in, before Swift repairs what is not UTF-8.
enum ArgumentBytes {
    /// - Throws: ``CommandFailure`` for an argument that is not UTF-8: it could only name a wrong file.
    static func check() throws(CommandFailure) {
        // Without /proc there is nothing to compare with; a repaired name then simply is not found.
        guard let raw = try? Data(contentsOf: URL(filePath: "/proc/self/cmdline")) else { return }
        for (index, argument) in raw.split(separator: 0, omittingEmptySubsequences: false).enumerated()
        where ByteString(validating: argument) == nil {
            let shown = String(decoding: argument, as: UTF8.self).escapedForDisplay
            throw CommandFailure(
                .usage,
                "argument \(index) ('\(shown)'): it is not UTF-8; manifests and object keys are UTF-8, "
                    + "so rename the file first")
        }
    }
}
