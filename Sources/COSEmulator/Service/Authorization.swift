import COSProtocol
import PlanCore
import Synchronization
import ServiceCore

/// Checks signatures and remembers those that are valid once. Shared, so a class.
final class Authorization: Sendable {
    private let credentials: Credentials
    private let limits: EmulatorLimits
    /// The SHA-1 of signatures for one use: they themselves may be long.
    private let used = Mutex<Set<Digest>>([])

    init(credentials: Credentials, limits: EmulatorLimits) {
        self.credentials = credentials
        self.limits = limits
    }

    /// Checks the text of `Authorization`, or of the query's `sign`.
    ///
    /// - Throws: ``Refusal`` that says the first thing wrong, never the signature.
    func check(
        _ signature: String, for target: RequestTarget, _ operation: ServiceOperation?, now: Int64
    ) throws(Refusal) {
        let singleUse = operation == .delete
        let fields = try fields(of: signature, for: target, singleUse: singleUse, now: now)
        guard fields.time <= now + limits.clockToleranceSeconds else {
            throw Refusal(.signatureExpired, "t is \(fields.time - now) seconds ahead of this clock")
        }
        if singleUse {
            let digest = SHA1Stream.digest(of: Array(signature.utf8))
            let isNew = used.withLock { $0.count < 1_000_000 && $0.insert(digest).inserted }
            guard isNew else { throw Refusal(.signatureRefused, "a signature for one use was used before") }
        } else {
            guard fields.expiry - fields.time <= limits.signatureSeconds else {
                throw Refusal(.signatureExpired, "e is more than \(limits.signatureSeconds) seconds after t")
            }
        }
    }

    private func fields(
        of signature: String, for target: RequestTarget, singleUse: Bool, now: Int64
    ) throws(Refusal) -> SignatureFields {
        let address = target.address
        var problem = SignatureCheck.Refusal.otherFile
        for fileID in Self.spellings(of: target) {
            let check = SignatureCheck(
                appID: "\(address.appID)", bucket: address.bucket.name, fileID: fileID, now: now)
            do throws(SignatureCheck.Refusal) {
                return try check.fields(of: signature, credentials: credentials, singleUse: singleUse)
            } catch {
                problem = error
                if error != .otherFile { break }
            }
        }
        throw Self.refusal(problem, now: now)
    }

    /// The ways in which `f` may be encoded: as the request's path, as ours, and with `~` encoded, which HTTP
    /// libraries undo in the path but not in a signature.
    private static func spellings(of target: RequestTarget) -> [String] {
        let address = target.address
        let ours = "/\(address.appID)/\(address.bucket)\(PathEncoding.encoded(address.key))"
        let tilde = ours.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "%7E")
        return [target.fileID, ours, tilde]
    }

    private static func refusal(_ problem: SignatureCheck.Refusal, now: Int64) -> Refusal {
        switch problem {
        case .empty: Refusal(.noSignature, "neither a header Authorization nor sign in the query")
        case .malformed: Refusal(.signatureRefused, "the signature does not read")
        case .otherAppID: Refusal(.wrongAppID, "a is not the appid of the path")
        case .unknownSecretID: Refusal(.unknownSecretID, "k is not the emulator's secret id")
        case .codeDiffers: Refusal(.signatureRefused, "the HMAC is not that of the fields under the key")
        case .expired:
            Refusal(.signatureExpired, "e is not between t and three months, or passed; now is \(now)")
        case .otherBucket: Refusal(.signatureRefused, "b is not the bucket of the path")
        case .otherFile: Refusal(.signatureRefused, "f does not cover the path")
        case .wrongUse:
            Refusal(
                .signatureRefused, "e is 0 for delete, which takes a signature for one use, and only there")
        }
    }
}
