/// The rules about a document's header.
extension ParsedHeader {
    /// The kind of `datasha`, if it was already read.
    package var kindIfKnown: DatashaKind? {
        datasha.flatMap { DatashaKind(rawValue: $0.value.text) }
    }

    /// The API, if `target` names a known one.
    package var apiIfKnown: ServiceAPI? {
        api.flatMap { ServiceAPI(rawValue: $0.value.text) }
    }

    /// The target's fields that are well-formed.
    package var target: PartialTarget {
        var ignored = ProblemList()
        return checkTarget(&ignored)
    }

    /// Applies the rules about headers; nil if the document is unusable.
    package func check(_ problems: inout ProblemList) -> DocumentHeader? {
        let before = problems.errorCount
        checkVersion(&problems)
        if let datasha, kindIfKnown == nil {
            problems.append(
                Problem(
                    .datashaKind, at: datasha.place,
                    "datasha '\(datasha.value.text.escapedForDisplay(limit: 60))' is neither state nor part"))
        }
        let target = checkTarget(&problems)
        let shard = shard.flatMap { Self.check($0, &problems) }
        guard problems.errorCount == before, version != nil, let kind = kindIfKnown else { return nil }
        return DocumentHeader(
            datashaKind: kind, target: target, shard: shard, hasChecksums: newKeys.haveChecksums)
    }

    private func checkVersion(_ problems: inout ProblemList) {
        guard let version else { return }
        guard version.value != 1 else {
            for (name, use) in newKeys.uses.sorted(by: { $0.value.place < $1.value.place }) {
                let more = use.count > 1 ? " (it stands \(use.count) times in this document)" : ""
                problems.append(
                    Problem(
                        .knownKey, at: use.place,
                        "key '\(name)' needs cosplan: 2, and line \(version.place.line) says 1\(more)"))
            }
            return
        }
        if version.value != 2 {
            problems.append(
                Problem(
                    .version, at: version.place,
                    "cosplan \(version.value) is neither 1 nor 2, the versions this program knows"))
        }
    }

    private func checkTarget(_ problems: inout ProblemList) -> PartialTarget {
        let known = checkAPI(&problems)
        var target = PartialTarget()
        target.endpoint = legal(endpoint, .endpoint, &problems) { (text) throws(EndpointError) in
            try Endpoint(text.text)
        }
        // The forms that an unknown API requires of the other fields are not known.
        guard let known else { return target }
        target.api = known == .json ? nil : known
        target.addressing = checkAddressing(for: known, &problems)
        target.region = legal(region, .region, &problems) { (name) throws(TargetFieldError) in
            try Region(name.text, for: known)
        }
        target.appID = legal(appID, .appID, &problems) { (number) throws(TargetFieldError) in
            guard known != .s3 else { throw .notOf(.s3, field: "appid") }
            return try AppID(number)
        }
        target.bucket = legal(bucket, .bucket, &problems) { (name) throws(TargetFieldError) in
            try Bucket(name.text, for: known)
        }
        for doubt in target.doubts {
            let place =
                switch doubt.field {
                case .region: region?.place
                case .bucket: bucket?.place
                }
            if let place { problems.append(Problem(.targetNames, at: place, doubt.finding)) }
        }
        return target
    }

    private func checkAPI(_ problems: inout ProblemList) -> ServiceAPI? {
        guard let api, apiIfKnown == nil else { return apiIfKnown ?? .json }
        problems.append(
            Problem(
                .api, at: api.place,
                "api '\(api.value.text.escapedForDisplay(limit: 60))' is none of json, xml, s3"))
        return nil
    }

    private func checkAddressing(for api: ServiceAPI, _ problems: inout ProblemList) -> Addressing? {
        guard let addressing else { return nil }
        if api == .json {
            let error = TargetFieldError.notOf(api, field: "addressing")
            problems.append(Problem(.addressing, at: addressing.place, error.description))
            return nil
        }
        if let known = Addressing(rawValue: addressing.value.text) { return known }
        let shown = addressing.value.text.escapedForDisplay(limit: 60)
        problems.append(
            Problem(.addressing, at: addressing.place, "addressing '\(shown)' is neither host nor path"))
        return nil
    }

    /// The value that `make` returns for a field; nil, with a problem, if it throws.
    ///
    /// Nil for a missing field.
    private func legal<Found, Value, Failure: Error & CustomStringConvertible>(
        _ field: Located<Found>?, _ rule: Rule, _ problems: inout ProblemList,
        _ make: (Found) throws(Failure) -> Value
    ) -> Value? {
        guard let field else { return nil }
        do throws(Failure) {
            return try make(field.value)
        } catch {
            problems.append(Problem(rule, at: field.place, error.description))
            return nil
        }
    }

    /// The shard, if all fields exist and are consistent; the reader has reported missing ones.
    private static func check(_ shard: ParsedShard, _ problems: inout ProblemList) -> Shard? {
        guard let index = shard.index, let count = shard.count, let list = shard.list,
            let entries = shard.entries
        else { return nil }
        do throws(ShardError) {
            return try Shard(
                index: index.value, count: count.value, list: list.value, entries: entries.value)
        } catch {
            switch error {
            case .count: problems.append(Problem(.shard, at: count.place, error.description))
            case .index, .digestKind: problems.append(Problem(.shard, at: index.place, error.description))
            }
            return nil
        }
    }
}
