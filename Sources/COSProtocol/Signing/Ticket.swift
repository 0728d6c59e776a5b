import PlanCore
import ServiceCore

/// A signature made ahead: its holder needs no secret key to upload one object, until it expires.
///
/// It covers no content: anything can be stored at its key. Printing, dumping or reflecting it does not show it.
///
/// **Source**: the signature page; a multi-use signature whose field `f` is the whole path.
package struct Ticket: Sendable {
    /// When it expires.
    ///
    /// **Unit**: Unix seconds.
    package let expiry: Int64
    /// The value of `Authorization`.
    package let text: String

    /// Signs for the object `key` of `target`, for `lifetime` seconds from `now`.
    package init(
        _ credentials: Credentials, target: JSONTarget, key: ObjectKey, now: Int64, lifetime: Int64,
        nonce: UInt32
    ) {
        text =
            Signature.multiUse(
                credentials, target: target, key: key, now: now, lifetime: lifetime, nonce: nonce
            ).text
        expiry = now + lifetime
    }

    /// Reads the ticket for the object `key` of `target`.
    ///
    /// Only the service can tell whether it is signed with the right key.
    ///
    /// - Throws: ``TicketTextError`` if the text is no such ticket.
    package init(_ text: String, for target: JSONTarget, key: ObjectKey) throws(TicketTextError) {
        guard let fields = Self.plain(of: text).flatMap(SignatureFields.init(reading:)), fields.expiry > 0
        else { throw .malformed }
        guard Self.isSame(fields.appID, String(target.appID.number)),
            Self.isSame(fields.bucket, target.bucket.name),
            Self.isSame(fields.fileID, FileID(target: target, key: key).text)
        else { throw .otherObject }
        self.text = text
        expiry = fields.expiry
    }

    /// Hides it in every form, the text that it signs, and the secret id in it.
    package var redactor: Redactor {
        let plain = Self.plain(of: text) ?? []
        let secretID = SignatureFields(reading: plain)?.secretID ?? ""
        return Redactor(secretID: secretID, signatures: [text], signedTexts: [plain])
    }

    /// What the code at the start of the signature covers.
    private static func plain(of text: String) -> [UInt8]? {
        guard let bytes = Base64.decoded(text), bytes.count > codeLength else { return nil }
        return Array(bytes[codeLength...])
    }

    /// Compares bytes: texts of other characters can be equal as strings.
    private static func isSame(_ found: String, _ expected: String) -> Bool {
        found.utf8.elementsEqual(expected.utf8)
    }

    /// The length of the HMAC before the fields.
    ///
    /// **Unit**: bytes.
    private static let codeLength = 20
}

extension Ticket: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "ticket (not shown)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no ticket for an object; never contains any of it.
package enum TicketTextError: Error, Hashable, CustomStringConvertible {
    /// It is no multi-use signature.
    case malformed
    /// It is for another object.
    case otherObject

    package var description: String {
        switch self {
        case .malformed: "the ticket is no multi-use signature"
        case .otherObject: "the ticket is for another object than its key says"
        }
    }
}

/// The tickets of many objects.
package struct Tickets: Sendable {
    /// By file id, which is ASCII.
    private var tickets: [String: Ticket] = [:]

    package init() {}

    /// Adds a ticket; of two for one object, the one that expires later counts.
    package mutating func add(_ ticket: Ticket, for target: JSONTarget, key: ObjectKey) {
        let id = FileID(target: target, key: key).text
        guard tickets[id].map({ $0.expiry < ticket.expiry }) ?? true else { return }
        tickets[id] = ticket
    }

    /// The ticket of the object `key` of `target`, if it can still be used at `now`, in Unix seconds.
    package func ticket(
        for target: JSONTarget, key: ObjectKey, now: Int64
    ) throws(TicketFailure) -> Ticket {
        guard let ticket = tickets[FileID(target: target, key: key).text] else { throw .missing }
        guard now + TicketFailure.margin < ticket.expiry else { throw .expires(at: ticket.expiry) }
        return ticket
    }
}

/// Why the ticket of a file cannot be used.
public enum TicketFailure: Error, Hashable, Sendable {
    /// There is none for its object.
    case missing
    /// It expired, or is about to.
    ///
    /// **Unit**: Unix seconds.
    case expires(at: Int64)
    /// The service refused it.
    case refused(ServiceError)

    /// No request is sent so shortly before its ticket expires.
    ///
    /// **Unit**: seconds.
    public static let margin: Int64 = 10

    /// What was found.
    package var finding: String {
        switch self {
        case .missing: "there is no ticket for it"
        case .expires(let time): "its ticket expires at \(HTTPDate.timestamp(time))"
        case .refused(let error): error.finding
        }
    }
}
