import PlanCore
import ServiceCore

/// What proves that the service has the planned bytes.
public struct UploadProof: Hashable, Sendable, CustomStringConvertible {
    /// What was compared.
    package enum Kind: String, Hashable, Sendable {
        /// The CRC-64/XZ of the whole object.
        case crc64ecma
        /// The CRC-64/NVME of the whole object.
        case crc64nvme
        /// The SHA-1 of the whole object.
        case sha1
        /// The SHA-1 of each part, and their composite.
        case sha1OfParts = "sha1 of parts"
        /// The MD5 of the whole object.
        case md5
        /// The MD5 of each part.
        case md5OfParts = "md5 of parts"
        /// The CRC-64/XZ of each part.
        case crc64ecmaOfParts = "crc64ecma of parts"
        /// The size of an empty file.
        case size
    }

    /// What was compared.
    package let kind: Kind
    /// The value, in the service's notation; nil if each part has its own.
    package let value: String?

    init(_ kind: Kind, _ value: String? = nil) {
        self.kind = kind
        self.value = value
    }

    /// For example `crc64ecma 11051210869376104954`.
    public var description: String { kind.rawValue + (value.map { " \($0)" } ?? "") }

    /// Parses a ``description``; nil for any other text.
    package init?(_ description: String) {
        if let kind = Kind(rawValue: description) {
            self.init(kind)
            return
        }
        // Some kinds contain a space, values do not.
        guard let blank = description.lastIndex(of: " "),
            let kind = Kind(rawValue: String(description[..<blank]))
        else { return nil }
        let value = description[description.index(after: blank)...]
        guard !value.isEmpty else { return nil }
        self.init(kind, String(value))
    }
}

/// Why an upload failed.
public enum XMLUploadRefusal: ExplainedError, Hashable, Sendable {
    /// The service refused.
    case service(XMLServiceError)
    /// Another object is at the key, or one whose content is unknown.
    ///
    /// **Unit** of the lengths: bytes. If they are equal, `digest` differs; nil if no digest can be compared.
    case otherObject(planned: Int64, found: Int64?, digest: Difference?)
    /// An object seems to be at the key (`first`), but HEAD did not describe it.
    case notCompared(first: XMLServiceError?, head: XMLServiceError)
    /// The service's checksum differs from that of the bytes sent.
    ///
    /// `part` is nil for the whole object.
    case checksumDiffers(part: Int?, sent: String, answered: String)
    /// The plan's own checksum differs from that of the bytes, which otherwise match the plan.
    case planChecksumDiffers(ChecksumKind, planned: String, computed: String)
    /// The store does not return the requested checksum.
    case noChecksum(S3Checksum)
    /// A reply that reports success but lacks required information.
    case reply(XMLReplyProblem)
    /// The request that creates the object got no reply, and the object does not exist, or not yet.
    case unanswered(XMLOperation)

    /// A digest of the whole object that is not the plan's, in the plan's notation.
    public struct Difference: Hashable, Sendable {
        /// What was compared.
        package let kind: UploadProof.Kind
        /// The plan's value, or that of the file's bytes.
        package let planned: String
        /// The store's value; untrusted text.
        package let found: String

        package init(_ kind: UploadProof.Kind, planned: String, found: String) {
            self.kind = kind
            self.planned = planned
            self.found = found
        }
    }
}

extension XMLUploadRefusal {
    /// What was found.
    public var finding: String {
        switch self {
        case .service(let error): error.finding
        case .otherObject(_, _, let digest?):
            "another object is there: \(digest.kind.rawValue): planned \(digest.planned), found "
                + digest.found.escapedForDisplay(limit: 80)
        case .otherObject(let planned, let found, nil):
            planned == found
                ? "an object of \(planned) bytes is there, and the store answers no digest that tells whether it is the same"
                : "another object is there: planned \(planned) bytes, found "
                    + (found.map { "\($0)" } ?? "an unknown number")
        case .notCompared(let first, let head): head.findingOfComparison(after: first)
        case .checksumDiffers(let part, let sent, let answered):
            (part.map { "part \($0)" } ?? "the object")
                + ": the service answers the checksum \(answered.escapedForDisplay(limit: 80)), the bytes have \(sent)"
        case .planChecksumDiffers(let kind, let planned, let computed):
            "the plan says \(kind.rawValue) \(planned), the planned bytes have \(computed)"
        case .noChecksum(let checksum): "the store does not answer the checksum \(checksum.rawValue)"
        case .reply(let problem): "\(problem)"
        case .unanswered(let operation): "\(operation): no answer came, and the object is not there yet"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .service(let error): error.hint
        case .otherObject(_, _, .some):
            "check the file against the plan to tell whether the plan's line is damaged; if it is not, choose another "
                + "key, or plan it to replace what is there"
        case .otherObject: "choose another key, or plan it to replace what is there"
        case .notCompared(_, let head): head.hintOfComparison
        case .checksumDiffers: "do not trust the object; upload it again"
        case .planChecksumDiffers: "plan the file again"
        case .noChecksum: "name a checksum that it has"
        case .reply: "check the endpoint"
        case .unanswered: "try again later"
        }
    }
}

/// A condition that the user should know about, although the upload continues.
public enum XMLUploadWarning: Hashable, Sendable, CustomStringConvertible {
    /// The service does not list the unfinished uploads, so none is continued.
    case listRefused(XMLServiceError)
    /// The service does not describe the object at the key.
    case headRefused(XMLServiceError)
    /// Unfinished uploads of this key were left as they are.
    case unfinishedLeft([String])
    /// The upload stopped, and the same upload can be continued.
    case stopped(uploadID: String)
    /// The service may replace an object although asked not to, because of the bucket's versioning.
    case overwriteNotRefused(Versioning)

    /// One line: what was found.
    public var description: String {
        switch self {
        case .listRefused(let error):
            "unfinished uploads could not be listed (\(error.finding)); beginning a new one"
        case .headRefused(let error):
            "the key could not be looked at (\(error.finding)): nothing is there, or the secret id may not look; "
                + "going on"
        case .unfinishedLeft(let ids):
            "unfinished uploads of this key are left there and cost money until somebody gives them up: "
                + ids.prefix(8).map { $0.escapedForDisplay(limit: 128) }.joined(separator: ", ")
                + (ids.count > 8 ? " and \(ids.count - 8) more" : "")
        case .stopped(let id):
            "the unfinished upload \(id.escapedForDisplay(limit: 128)) is left there: another push of the file continues "
                + "it; until then, or until somebody gives it up, it costs money"
        case .overwriteNotRefused(let versioning):
            "the service does not refuse to replace an object in this bucket: its versioning \(versioning)"
        }
    }
}

/// The versioning state of a bucket.
public enum Versioning: String, Hashable, Sendable, CustomStringConvertible {
    /// Versioning was never on.
    case never
    /// Versioning is on.
    case enabled
    /// Versioning was on and is suspended.
    case suspended
    /// The service does not tell.
    case unknown

    /// The state, for use in a message.
    public var description: String {
        switch self {
        case .never: "was never on"
        case .enabled: "is on"
        case .suspended: "was on"
        case .unknown: "could not be asked for"
        }
    }

    /// Parses `VersioningConfiguration`.
    init(_ document: XMLElement) {
        switch document.text("Status") {
        case nil, "": self = .never
        case "Enabled": self = .enabled
        case "Suspended": self = .suspended
        default: self = .unknown
        }
    }
}
