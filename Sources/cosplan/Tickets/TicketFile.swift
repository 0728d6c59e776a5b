import COSProtocol
import PlanCore
import PlanFiles
import PlanManifest

/// The text of a file of tickets: a YAML list with, for each document of a plan, one mapping that says what the
/// following tickets are for, and one mapping a ticket.
enum TicketFile {
    /// The keys of its mappings.
    static let keys = ["tickets", "plan", "region", "appid", "bucket", "expires", "key", "ticket"]

    /// What the tickets of one document of a plan are for.
    struct Purpose: Hashable {
        /// The SHA-256 of the plan, in lower-case hex.
        let plan: String
        let region: String
        let appID: String
        let bucket: String

        init(plan: String, target: JSONTarget) {
            self.plan = plan
            region = target.region.name
            appID = String(target.appID.number)
            bucket = target.bucket.name
        }

        /// Where the objects go, for a message.
        var place: String { "\(region)/\(appID)/\(bucket)" }
    }

    /// Whether a file that begins with `bytes` is one, with its comment or without.
    static func isBeginning(_ bytes: [UInt8]) -> Bool {
        ["# cosplan tickets.", "- tickets: "].contains { bytes.starts(with: $0.utf8) }
    }

    private static let comment = """
        # cosplan tickets. Whoever has this file can store any content at these keys until they expire: keep it secret.
        # Use it: cosplan push PLAN --tickets FILE

        """

    /// Writes a file that its owner alone can read.
    struct Writer {
        private let output: AtomicOutput
        /// What it replaces.
        let replacement: OutputReplacement

        /// Nothing appears at `path` before ``finish()``.
        init(path: String) throws(FileError) {
            output = try AtomicOutput(path: ByteString(path), isPrivate: true)
            replacement = OutputReplacement("-o", path, of: output, isOwn: TicketFile.isBeginning)
            try output.write(Array(comment.utf8))
        }

        /// Says what the tickets that follow are for; `expires` is a timestamp.
        func write(_ purpose: Purpose, expires: String) throws(FileError) {
            let lines = [
                "- tickets: 1", "  plan: '\(purpose.plan)'", "  region: '\(purpose.region)'",
                "  appid: '\(purpose.appID)'", "  bucket: '\(purpose.bucket)'", "  expires: '\(expires)'", "",
            ]
            try output.write(Array(lines.joined(separator: "\n").utf8))
        }

        func write(_ ticket: Ticket, for key: ObjectKey) throws(FileError) {
            var text = Array("- key: ".utf8)
            text.appendYAML(key.bytes)
            text += Array("\n  ticket: '\(ticket.text)'\n".utf8)
            try output.write(text)
        }

        func finish() throws(FileError) { try output.finish() }
    }
}
