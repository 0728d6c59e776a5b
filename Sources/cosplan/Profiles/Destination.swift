import PlanCore
import PlanManifest

/// Where the objects of a command go: the flags in front of the plan, and the profile behind it.
///
/// Every command that asks a store resolves its targets here.
struct Destination {
    /// Replaces fields of the documents' targets.
    let flags: PartialTarget
    /// Fills in missing fields; nil for a command that reads no profile.
    let profile: Profile?

    /// An empty registry of the keys at these targets.
    var keys: KeyRegistry { KeyRegistry(override: flags, fallback: profile?.target ?? PartialTarget()) }

    /// The target of a document, which may lack fields.
    func target(of document: PartialTarget) -> PartialTarget {
        document.replaced(by: flags, fillingFrom: profile?.target ?? PartialTarget())
    }

    /// Compares the profile's API with that of a document.
    ///
    /// Returns a warning where a profile that nobody chose has an endpoint for another API; nil where the profile fits.
    ///
    /// - Throws: ``CommandFailure`` (64) where a profile was chosen and is for another API. `name` is what the document
    ///   stands in.
    func checkProfile(for document: PartialTarget, in name: String) throws(CommandFailure) -> String? {
        guard let profile, let own = profile.api else { return nil }
        let target = target(of: document)
        let api = target.api ?? .json
        let unused = document.replaced(by: flags).endpoint == nil ? profile.target.endpoint : nil
        guard own != api, unused != nil || own.isOtherVendor(than: api) else { return nil }
        let shown = profile.name.shown
        guard profile.name.origin != .usual else {
            return unused.map {
                "\(shown) is for api \(own.rawValue): its endpoint \($0) is not used for api \(api.rawValue)"
            }
        }
        let endpoint = unused.map { " at \($0)" } ?? ""
        let other =
            flags.api == nil
            ? "\(name.escapedForDisplay) for api \(api.rawValue)" : "--api says \(api.rawValue)"
        let found = "\(shown) (\(profile.name.chosenBy)) is for api \(own.rawValue)\(endpoint), \(other)"
        guard own.isOtherVendor(than: api) else {
            throw CommandFailure(
                .usage, "\(found); give that API's --endpoint, or choose another profile")
        }
        throw CommandFailure(
            .usage,
            "\(found); \(flags.api == nil ? advice(own, for: document) : "choose another profile, or another --api")"
        )
    }

    /// How to send a document by the profile's API.
    private func advice(_ own: ServiceAPI, for document: PartialTarget) -> String {
        var flags = flags
        flags.api = own
        let target = Destination(flags: flags, profile: profile).target(of: document)
        // Without the endpoint the advice still holds.
        let endpoint = (try? target.complete())??.endpoint
        return "add --api \(own.rawValue)\(endpoint.map { " to use \($0)" } ?? ""), or choose another profile"
    }

    /// Warns where the pair of a profile that nobody chose signs for another vendor's API.
    func warning(of found: CredentialsSource.Found, for targets: [Target]) -> String? {
        guard found.isOfProfile, let profile, profile.name.origin == .usual, let own = profile.api,
            let other = targets.first(where: { own.isOtherVendor(than: $0.api) })
        else { return nil }
        return
            "credentials: the pair of \(profile.name.shown), which is for api \(own.rawValue), signs for api "
            + "\(other.api.rawValue) at \(other.endpoint); if that is not meant, choose a profile with --profile"
    }
}

extension ServiceAPI {
    /// Whether credentials of `other` are another vendor's: both APIs of COS take the same.
    fileprivate func isOtherVendor(than other: ServiceAPI) -> Bool { (self == .s3) != (other == .s3) }
}

extension Profile {
    /// The API that its fields are for; nil for a profile without any.
    fileprivate var api: ServiceAPI? { target.isEmpty ? nil : target.api ?? .json }
}

extension ProfileName {
    /// For a message: `profile 'name'`.
    var shown: String { "profile '\(name.escapedForDisplay)'" }
}
