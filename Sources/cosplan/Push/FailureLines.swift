import COSUpload
import PlanCore

/// Prints why files failed; a reason that holds for every file of a store is said once, and its files are counted.
struct FailureLines {
    private struct Reason: Hashable {
        let words: String
        let endpoint: Endpoint
    }

    /// How many more files failed for a reason, in the order they were met.
    private var more: [(reason: Reason, files: Int)] = []

    /// Prints `line`, the failure of a file at `target`, unless its reason was said.
    mutating func say(_ failure: UploadFailure, _ line: String, at target: Target) {
        guard let words = failure.reasonForAll else { return Console.standardError.error(line) }
        let reason = Reason(words: words, endpoint: target.endpoint)
        if let index = more.firstIndex(where: { $0.reason == reason }) {
            more[index].files += 1
        } else {
            more.append((reason, 0))
            Console.standardError.error(line)
        }
    }

    /// Prints how many more files failed alike.
    mutating func end() {
        for (reason, files) in more where files > 0 {
            Console.standardError.error(
                "and \(files) more file\(files == 1 ? "" : "s") at \(reason.endpoint): \(reason.words)")
        }
        more = []
    }
}
