import COSProtocol
import PlanCore
import PlanManifest

/// The complete target of every document of a manifest.
struct ResolvedTargets {
    /// By the document's index; a document without files has none.
    let targets: [Target]
    /// What a rehearsal filled in, in words; empty where nothing was missing.
    let placeholders: [String]

    /// The region, appid and bucket of a rehearsal whose manifest names none. They exist nowhere else.
    private static let placeholder: Target? = {
        guard let region = try? Region("rehearsal"), let appID = try? AppID(1),
            let bucket = try? Bucket("rehearsal")
        else { return nil }
        return Target(region: region, appID: appID, bucket: bucket)
    }()

    /// The documents' targets, flags in front.
    ///
    /// - Throws: ``CommandFailure`` (64) where a field is missing and this is no rehearsal.
    init(_ manifest: CheckedManifest, flags: PartialTarget, isRehearsal: Bool) throws {
        var targets: [Target] = []
        var filled: Set<String> = []
        for (index, document) in manifest.documents.enumerated() {
            let target = document.target.replaced(by: flags)
            if let complete = target.complete {
                targets.append(complete)
            } else if isRehearsal, let placeholder = Self.placeholder {
                filled.formUnion(target.missingFields)
                targets.append(
                    Target(
                        region: target.region ?? placeholder.region, appID: target.appID ?? placeholder.appID,
                        bucket: target.bucket ?? placeholder.bucket))
            } else {
                let names = target.missingFields
                let document = manifest.documents.count > 1 ? " of document \(index + 1)" : ""
                throw CommandFailure(
                    .usage,
                    "\(manifest.name.escapedForDisplay): the target\(document) lacks "
                        + "\(names.joined(separator: ", ")); give "
                        + names.map { "--\($0)" }.joined(separator: " "))
            }
        }
        self.targets = targets
        placeholders = filled.sorted()
    }
}
