import PlanCore

/// A secret id and key, with a session token if they are temporary.
///
/// Printing, dumping or reflecting the value does not show them.
public struct Credentials: Sendable {
    /// Identifies the key to the service; part of every signature.
    package let secretID: String
    /// The signing key; never leaves the process.
    package let secretKey: String
    /// Sent with every request if the credentials are temporary; nil if they are permanent.
    package let sessionToken: String?

    /// Creates credentials.
    ///
    /// - Parameters:
    ///   - secretID: the id.
    ///   - secretKey: the key.
    ///   - sessionToken: the token of temporary credentials.
    /// - Throws: ``CredentialsError`` if a text is empty, or contains a character that is illegal in a
    ///   signature or header.
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

    /// A published, non-secret pair for rehearsals and for an emulator without credentials of its own.
    ///
    /// It gives access to nothing.
    package static let published = Credentials(
        uncheckedID: "AKIDEXAMPLE0000000000000000000000000", key: "SECRETKEYEXAMPLE000000000000000000")

    private init(uncheckedID: String, key: String) {
        secretID = uncheckedID
        secretKey = key
        sessionToken = nil
    }

    /// The separators in the services' signatures; `/` separates the scope of SigV4.
    private static let separators = Array("&=/".utf8)

    /// Whether id, key and token are equal.
    package func isSame(as other: Credentials) -> Bool {
        secretID == other.secretID && secretKey == other.secretKey && sessionToken == other.sessionToken
    }

    /// Only visible ASCII is accepted: a blank or line end is a copying error.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// A fixed text without the credentials.
    public var description: String { "credentials (not shown)" }
    /// A fixed text without the credentials.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why credentials are invalid.
///
/// Never contains what was found.
public enum CredentialsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text that is invalid.
    public enum Half: String, Hashable, Sendable {
        /// The secret id.
        case secretID = "secret id"
        /// The secret key.
        case secretKey = "secret key"
        /// The session token of temporary credentials.
        case sessionToken = "session token"
    }

    /// It is empty.
    case empty(half: Half)
    /// It contains a character that is never valid: a blank, line end or control; in an id also `&`, `=` or
    /// `/`.
    case refusedCharacter(half: Half)

    /// One line: what is wrong and what to do; contains no secret.
    public var description: String {
        switch self {
        case .empty(let half): "\(half.rawValue): it is empty; set it"
        case .refusedCharacter(let half):
            "\(half.rawValue): it has a character no \(half.rawValue) has (a blank or a line end?); copy it again"
        }
    }
}
