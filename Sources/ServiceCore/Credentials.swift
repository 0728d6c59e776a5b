import PlanCore

/// A secret id and its key, and the session token of a temporary pair.
///
/// Nothing that prints, dumps or reflects it shows any of them.
public struct Credentials: Sendable {
    /// Names the key to the service; part of every signature.
    package let secretID: String
    /// Signs; never leaves the process.
    package let secretKey: String
    /// Sent with every request of a temporary pair; nil for a permanent one.
    package let sessionToken: String?

    /// A pair.
    ///
    /// - Parameters:
    ///   - secretID: the id.
    ///   - secretKey: the key.
    ///   - sessionToken: the token of a temporary pair.
    /// - Throws: ``CredentialsError`` where a text is empty or could not stand in a signature or a header.
    public init(
        secretID: String, secretKey: String, sessionToken: String? = nil
    ) throws(CredentialsError) {
        guard !secretID.isEmpty else { throw .empty(half: .secretID) }
        guard !secretKey.isEmpty else { throw .empty(half: .secretKey) }
        guard sessionToken?.isEmpty != true else { throw .empty(half: .sessionToken) }
        guard Self.isPlain(secretID), !secretID.utf8.contains(where: { Self.separators.contains($0) })
        else { throw .refusedCharacter(half: .secretID) }
        guard Self.isPlain(secretKey) else { throw .refusedCharacter(half: .secretKey) }
        guard sessionToken.map(Self.isPlain) ?? true else { throw .refusedCharacter(half: .sessionToken) }
        self.secretID = secretID
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    /// A pair that is no secret, for rehearsals and for an emulator without one of its own. It opens nothing.
    public static let published = Credentials(
        uncheckedID: "AKIDEXAMPLE0000000000000000000000000", key: "SECRETKEYEXAMPLE000000000000000000")

    private init(uncheckedID: String, key: String) {
        secretID = uncheckedID
        secretKey = key
        sessionToken = nil
    }

    /// What parts the fields of the services' signatures; a `/` parts the scope of SigV4.
    private static let separators = Array("&=/".utf8)

    /// Whether all its texts are those of `other`.
    package func isSame(as other: Credentials) -> Bool {
        secretID == other.secretID && secretKey == other.secretKey && sessionToken == other.sessionToken
    }

    /// Visible ASCII only: a blank or a line end got in by mistake.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "credentials (not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a pair cannot be used. It never holds what was found.
public enum CredentialsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which text is meant.
    public enum Half: String, Hashable, Sendable {
        /// The secret id.
        case secretID = "secret id"
        /// The secret key.
        case secretKey = "secret key"
        /// The session token of a temporary pair.
        case sessionToken = "session token"
    }

    /// It is empty.
    case empty(half: Half)
    /// It has a character that none has: a blank, a line end, a control; `&`, `=` or `/` in an id.
    case refusedCharacter(half: Half)

    public var description: String {
        switch self {
        case .empty(let half): "\(half.rawValue): it is empty; set it"
        case .refusedCharacter(let half):
            "\(half.rawValue): it has a character no \(half.rawValue) has (a blank or a line end?); copy it again"
        }
    }
}
