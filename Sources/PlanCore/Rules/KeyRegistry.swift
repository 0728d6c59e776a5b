/// The keys of all documents read so far, to find two files that would become one object.
///
/// **Shape**: keys are compared as bytes, and only within one target: the document's own, with the fields
/// the caller replaces. **Cost**: every key is kept.
package struct KeyRegistry: Sendable {
    /// A key within a target.
    private struct Object: Hashable {
        let target: Int
        let key: ByteString
    }

    /// Where a key was first used.
    private struct Use {
        let manifest: Int
        let place: Place
    }

    package let override: PartialTarget
    private var targets: [PartialTarget: Int] = [:]
    private var manifests: [String] = []
    private var uses: [Object: Use] = [:]

    /// No keys yet. `override` is what replaces the documents' targets, as a command's flags do.
    package init(override: PartialTarget = PartialTarget()) {
        self.override = override
    }

    /// Begins another manifest, called `name` in messages about its keys.
    package mutating func begin(manifest name: String) {
        manifests.append(name)
    }

    /// Adds one key of the manifest begun last; a problem if an earlier file has it.
    package mutating func add(_ key: Located<ByteString>, target: PartialTarget) -> Problem? {
        if manifests.isEmpty { begin(manifest: "") }
        let replaced = target.replaced(by: override)
        let index = targets[replaced] ?? targets.count
        targets[replaced] = index
        let object = Object(target: index, key: key.value)
        guard let first = uses[object] else {
            uses[object] = Use(manifest: manifests.count - 1, place: key.place)
            return nil
        }
        let elsewhere =
            first.manifest == manifests.count - 1
            ? "" : " of \(manifests[first.manifest].escapedForDisplay)"
        return Problem(
            .uniqueKey, at: key.place,
            "key '\(key.value.escapedForDisplay)' is also the key of the file at line "
                + "\(first.place.line)\(elsewhere)")
    }
}
