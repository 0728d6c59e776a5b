import PlanCore
import PlanManifest

/// The complete target of every document of a manifest.
struct ResolvedTargets {
    /// By document index.
    let targets: [Target]
    /// What a rehearsal filled in, in words; empty if nothing was missing.
    let placeholders: [String]
    /// Names from options or a profile that are probably not the ones that were meant, in words.
    let doubts: [String]
    /// What of the profile is not used; empty if it fits.
    private let warnings: [String]

    /// The placeholder target of a rehearsal whose manifest names none, for `api`.
    private static func placeholder(for api: ServiceAPI?) -> PartialTarget {
        switch api {
        case .s3: PartialTarget(api: api, bucket: try? Bucket("rehearsal", for: .s3))
        case .json, .xml, nil:
            PartialTarget(
                api: api, region: try? Region("rehearsal"), appID: try? AppID(1),
                bucket: try? Bucket("rehearsal"))
        }
    }

    /// The documents' targets, with the flags in front and the profile behind them.
    ///
    /// - Throws: ``CommandFailure`` (64) where a field is missing and this is no rehearsal, or is of another API's form, and
    ///   where the profile that was chosen is for another API.
    init(_ manifest: CheckedManifest, at destination: Destination, isRehearsal: Bool = false) throws {
        var targets: [Target] = []
        var filled: Set<String> = []
        var (doubts, warnings): ([String], [String]) = ([], [])
        for (index, document) in manifest.documents.enumerated() {
            let name = manifest.name.escapedForDisplay
            let which = manifest.documents.count > 1 ? " of document \(index + 1)" : ""
            if let warning = try destination.checkProfile(for: document.target, in: manifest.name) {
                warnings.append(warning)
            }
            var target = destination.target(of: document.target)
            // The rules told of those in the manifest.
            let known = Set(document.target.doubts)
            for doubt in target.doubts where !known.contains(doubt) && !doubts.contains(doubt.finding) {
                doubts.append(doubt.finding)
            }
            if isRehearsal, !target.missingFields.isEmpty {
                filled.formUnion(target.missingFields)
                target = Self.placeholder(for: target.api).replaced(by: target)
            }
            if isRehearsal, target.needsEndpoint {
                filled.insert("endpoint")
                target.endpoint = try? Endpoint("https://rehearsal.example")
            }
            let complete: Target?
            do throws(TargetFieldError) {
                complete = try target.complete()
            } catch {
                throw CommandFailure(.usage, "\(name): the target\(which): \(error); see --\(error.field)")
            }
            guard let complete else {
                throw CommandFailure(
                    .usage,
                    "\(name): the target\(which) lacks \(Self.missing(in: target, of: document.target))")
            }
            targets.append(complete)
        }
        self.targets = targets
        self.doubts = doubts
        placeholders = filled.sorted()
        self.warnings = warnings
    }

    /// Warns of what is not used of the profile, once whatever the number of manifests.
    static func warn(of all: [ResolvedTargets]) {
        for warning in Set(all.flatMap(\.warnings)).sorted() { Console.standardError.warning(warning) }
    }

    /// What is missing, the reason if it is not obvious, and the flags that provide it.
    private static func missing(in target: PartialTarget, of document: PartialTarget) -> String {
        let names = target.missingFields
        let flags = names.map { "--\($0)" }.joined(separator: " ")
        var text = names.joined(separator: ", ")
        if target.region == nil, let region = document.region, let api = target.api, api != .s3 {
            text += " (the API \(api.rawValue) has no name for \(region))"
        }
        return "\(text); give \(flags)"
    }
}
