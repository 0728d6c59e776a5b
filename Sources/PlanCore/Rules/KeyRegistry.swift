/// The keys of all documents read so far, to detect two files with the same object key.
///
/// **Shape**: keys are compared as bytes, within one target: the document's own, with the fields that the
/// caller replaces. **Cost**: keeps every key.
package struct KeyRegistry: Sendable {
    /// A key within a target.
    private struct Object: Hashable {
        let target: Int
        let key: ByteString
    }

    /// The first use of a key.
    private struct Use {
        let manifest: Int
        let place: Place
    }

    package let override: PartialTarget
    package let fallback: PartialTarget
    private var targets: [PartialTarget: Int] = [:]
    private var manifests: [String] = []
    private var uses: [Object: Use] = [:]

    /// Creates an empty registry.
    ///
    /// `override` replaces fields of the documents' targets, like a command's flags; `fallback` fills in missing ones, like
    /// a profile.
    package init(override: PartialTarget = PartialTarget(), fallback: PartialTarget = PartialTarget()) {
        self.override = override
        self.fallback = fallback
    }

    /// Starts another manifest, called `name` in messages.
    package mutating func begin(manifest name: String) {
        manifests.append(name)
    }

    /// Adds keys of the current manifest that have the same target; returns a problem for each key of an earlier
    /// file.
    package mutating func add(_ keys: [Located<ByteString>], target: PartialTarget) -> [Problem] {
        if manifests.isEmpty { begin(manifest: "") }
        let replaced = target.replaced(by: override, fillingFrom: fallback)
        let index = targets[replaced] ?? targets.count
        targets[replaced] = index
        uses.reserveCapacity(uses.count + keys.count)
        var problems: [Problem] = []
        for key in keys {
            let object = Object(target: index, key: key.value)
            guard let first = uses[object] else {
                uses[object] = Use(manifest: manifests.count - 1, place: key.place)
                continue
            }
            problems.append(repeated(key, first))
        }
        return problems
    }

    private func repeated(_ key: Located<ByteString>, _ first: Use) -> Problem {
        let elsewhere =
            first.manifest == manifests.count - 1
            ? "" : " of \(manifests[first.manifest].escapedForDisplay)"
        return Problem(
            .uniqueKey, at: key.place,
            "key '\(key.value.escapedForDisplay)' is also the key of the file at line "
                + "\(first.place.line)\(elsewhere)")
    }
}
