import COSProtocol
import PlanCore

/// An error reply of the JSON API.
struct Refusal: Error, Hashable, Sendable {
    /// HTTP status: 400, or 404 if nothing is there.
    ///
    /// The vendor's Python client parses JSON only with these.
    let status: Int
    /// Wire `code`.
    let code: Int64
    /// Wire `message`.
    let message: String

    private init(_ status: Int, _ code: Int64, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// A code from the service's table, with what was found.
    init(_ code: ServiceCode, _ found: String) {
        let name = code.name ?? code.meaning
        self.init(400, code.number ?? Self.ownNumber(of: code), "\(name): \(found)")
    }

    /// The number the emulator sends for a code of which only the name is known.
    ///
    /// -9100 and below are the emulator's own: no documentation page or SDK uses them.
    private static func ownNumber(of code: ServiceCode) -> Int64 {
        let nameless = ServiceCode.table.filter { $0.number == nil }
        return -9100 - Int64(nameless.firstIndex(of: code) ?? nameless.count)
    }

    /// A field that is missing, unreadable or illegal.
    ///
    /// The service's own code is not known.
    static func form(_ found: String) -> Refusal { Refusal(400, -9200, "bad form: \(found)") }

    /// An operation or option that the service has and this emulator does not.
    static func notEmulated(_ what: String) -> Refusal {
        Refusal(400, -9201, "\(what) is not part of this emulator")
    }

    /// The key has neither an object nor an unfinished upload.
    static func nothingThere(_ address: ObjectAddress) -> Refusal {
        Refusal(
            404, ServiceCode.indexAbsent.number ?? -166,
            "ERROR_CMD_FILE_NOTEXIST: nothing is at \(address.resourcePath.escapedForDisplay)")
    }

    /// The session does not exist, has ended or belongs to another key.
    static func deadSession(_ session: String) -> Refusal {
        Refusal(.indexAbsent, "there is no session '\(session.escapedForDisplay(limit: 80))'")
    }

    /// The emulator ran out of a resource; a retry may succeed.
    static func busy(_ found: String) -> Refusal { Refusal(.storageError, found) }
}
