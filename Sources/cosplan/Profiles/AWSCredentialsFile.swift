import Foundation
import PlanCore
import ServiceCore

/// AWS's shared credentials file, in INI format with one section for each profile.
///
/// As in aws-cli, links are followed and the file mode is not checked. Roles, processes and single sign-on are not
/// supported.
/// **Source**: AWS's "Configuration and credential file settings"; Python's configparser, which aws-cli uses.
struct AWSCredentialsFile {
    /// The file's path.
    let path: String
    /// The profile's name.
    let profile: String
    /// Whether `AWS_PROFILE` names the profile, which must exist then.
    let isNamed: Bool

    /// Reads `AWS_SHARED_CREDENTIALS_FILE` and `AWS_PROFILE`; nil if there is neither a file name nor a home folder.
    init?(environment: (String) -> String?) {
        let home = environment("HOME")
        if let named = environment("AWS_SHARED_CREDENTIALS_FILE") {
            path = named.hasPrefix("~/") ? (home ?? "") + named.dropFirst() : named
        } else if let home {
            path = home + "/.aws/credentials"
        } else {
            return nil
        }
        isNamed = environment("AWS_PROFILE") != nil
        profile = environment("AWS_PROFILE") ?? "default"
    }

    /// The maximum size of the file.
    ///
    /// **Unit**: bytes.
    private static let sizeLimit = 1 << 20

    /// The profile's credentials; nil if the file or the profile does not exist and was not named.
    ///
    /// - Throws: ``CommandFailure``: 77 for a named profile without credentials, for half a pair and for an unreadable
    ///   file; 78 for a malformed profile. It contains nothing from the file.
    func credentials() throws -> Credentials? {
        let shown = "\(path.escapedForDisplay), profile '\(profile.escapedForDisplay)'"
        guard let text = try text() else {
            guard isNamed else { return nil }
            throw CommandFailure(
                .credentials,
                "\(path.escapedForDisplay): no such file, and AWS_PROFILE names the profile "
                    + "'\(profile.escapedForDisplay)'; unset it, or write the file")
        }
        let found: [String: String]?
        do throws(AWSProfileText.Malformed) {
            found = try AWSProfileText.fields(of: profile, in: text)
        } catch {
            throw CommandFailure(.configuration, "\(shown): line \(error.line) \(error.what); correct it")
        }
        guard let fields = found else {
            guard isNamed else { return nil }
            throw CommandFailure(.credentials, "\(shown): it is not there; check AWS_PROFILE")
        }
        switch (fields["aws_access_key_id"], fields["aws_secret_access_key"]) {
        case (nil, nil):
            guard isNamed else { return nil }
            throw CommandFailure(
                .credentials,
                "\(shown): it has no aws_access_key_id; only keys that stand in the file are read")
        case (let id?, let key?):
            do throws(CredentialsError) {
                return try Credentials(
                    secretID: id, secretKey: key,
                    sessionToken: fields["aws_session_token"] ?? fields["aws_security_token"])
            } catch {
                throw CommandFailure(.credentials, "\(shown): \(error.description)")
            }
        case (let id, _):
            let missing = id == nil ? "aws_access_key_id" : "aws_secret_access_key"
            throw CommandFailure(
                .credentials, "\(shown): \(missing) is missing; write both halves of the pair")
        }
    }

    /// The file's content; nil if it does not exist.
    private func text() throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw unreadable(errno)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            var bytes: [UInt8] = []
            while let more = try file.read(upToCount: 65_536), !more.isEmpty {
                bytes += more
                guard bytes.count <= Self.sizeLimit else {
                    throw CommandFailure(
                        .configuration,
                        "\(path.escapedForDisplay): it has more than 1 MiB and is no credentials file; name another"
                    )
                }
            }
            return bytes
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw unreadable(EIO)
        }
    }

    private func unreadable(_ code: Int32) -> CommandFailure {
        CommandFailure(
            .credentials,
            "\(path.escapedForDisplay): it cannot be read (\(String(cString: strerror(code)).lowercased())); make it "
                + "readable, or unset AWS_SHARED_CREDENTIALS_FILE")
    }
}

/// Parses one section of an INI file.
///
/// **Shape**: `[section]` lines; `name = value` or `name: value`, names in any case; lines that begin with `#` or `;` and
/// empty ones say nothing; a line further in than the name above it goes on with that one's value. CRLF and a UTF-8 BOM are
/// read. What stands in other sections is passed over, whatever it is.
enum AWSProfileText {
    /// A line that cannot be parsed; contains nothing from the line.
    struct Malformed: Error {
        /// The line number, from 1.
        let line: Int
        /// The problem.
        let what: String
    }

    /// The fields of `section`, names in lower case; nil if the section does not exist.
    static func fields(of section: String, in text: [UInt8]) throws(Malformed) -> [String: String]? {
        let content = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text[...]
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var fields: [String: String]?
        var isWanted = false
        /// The indentation of the current field; nil before the first field of a section.
        var depth: Int?
        for (index, line) in lines.enumerated() {
            let body = line.drop(while: isBlank)
            let trimmed = body.prefix(body.lastIndex { !isBlank($0) }.map { $0 - body.startIndex + 1 } ?? 0)
            guard let first = trimmed.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else {
                continue
            }
            let indent = body.startIndex - line.startIndex
            if let depth, indent > depth { continue }
            if first == UInt8(ascii: "[") {
                let name = trimmed.dropFirst().prefix { $0 != UInt8(ascii: "]") }
                isWanted =
                    trimmed.contains(UInt8(ascii: "]")) && self.text(name).utf8.elementsEqual(section.utf8)
                if isWanted { fields = fields ?? [:] }
                depth = nil
                continue
            }
            depth = indent
            guard isWanted else { continue }
            let end = trimmed.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
            guard let end, end > trimmed.startIndex else {
                throw Malformed(line: index + 1, what: "is not 'name = value'")
            }
            let name = self.text(trimmed[..<end]).lowercased()
            guard fields?[name] == nil else {
                throw Malformed(line: index + 1, what: "has a name that stands there twice")
            }
            let value = self.text(trimmed[(end + 1)...])
            if !value.isEmpty { fields?[name] = value }
        }
        return fields
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    /// The text without surrounding blanks.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let body = bytes.drop(while: isBlank)
        let end = body.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? body.startIndex
        return String(decoding: body[body.startIndex..<end], as: UTF8.self)
    }
}
