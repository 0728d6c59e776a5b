extension FileFindings {
    /// Broken rules of a specific API about keys, sizes and fields.
    package func problems(for api: ServiceAPI) -> [Problem] {
        var problems: [Problem] = []
        if let problem = keyProblem(for: api) { problems.append(problem) }
        if let problem = bizAttrProblem(for: api) { problems.append(problem) }
        if let problem = sizeProblem(for: api) { problems.append(problem) }
        if let problem = initBodyProblem(for: api) { problems.append(problem) }
        return problems
    }

    private func keyProblem(for api: ServiceAPI) -> Problem? {
        guard let found = file.key, let key else { return nil }
        do throws(ObjectKeyError) {
            try key.check(for: api)
            return nil
        } catch {
            switch error {
            case .tooLong: return Problem(.keyLength, at: found.place, error.description)
            case .noLeadingSlash, .endsInSlash, .badSegment, .controlCharacter, .refusedCharacter:
                return Problem(.key, at: found.place, error.description)
            }
        }
    }

    private func bizAttrProblem(for api: ServiceAPI) -> Problem? {
        guard api.multipart != nil, let bizAttr = file.bizAttr, !bizAttr.value.isEmpty else { return nil }
        return Problem(
            .bizAttrOfAPI, at: bizAttr.place,
            "biz_attr '\(bizAttr.value.escapedForDisplay(limit: 60))' has no place in the API \(api.rawValue); "
                + "empty it, or use the JSON API")
    }

    private func sizeProblem(for api: ServiceAPI) -> Problem? {
        guard let size = file.fileSize, size.value > 0 else { return nil }
        guard let limits = api.multipart else {
            guard size.value > ServiceAPI.largestJSONObject else { return nil }
            return Problem(
                .jsonObjectSize, at: size.place,
                "filesize \(size.value) is over the JSON API's 64 GiB, \(ServiceAPI.largestJSONObject) bytes; send "
                    + "it by the XML API")
        }
        guard let sliceSize, Layout(multipart: size.value, sliceSize: sliceSize, limits: limits) == nil
        else { return nil }
        let most = limits.partCount * (limits.largestPart / sliceSize.bytes * sliceSize.bytes)
        return Problem(
            .multipartSize, at: size.place,
            "filesize \(size.value) is over \(most), which \(limits.partCount) parts of whole slices of "
                + "\(sliceSize.bytes) bytes hold")
    }

    /// Checks the size of the JSON API's init form, which carries all parts in one field.
    private func initBodyProblem(for api: ServiceAPI) -> Problem? {
        let limit = 1_048_576
        guard api == .json, let parts = file.parts,
            UploadParts.longestJSON(ofParts: parts.value.count) > limit, let fileSize = file.fileSize,
            fileSize.value >= 0, file.hasAllParts
        else { return nil }
        let ranges = parts.value.lazy.map {
            ByteRange(offset: $0.offset?.value ?? 0, length: $0.dataLength?.value ?? 0)
        }
        let json = UploadParts.jsonLength(of: ranges)
        guard json > limit else { return nil }
        return Problem(
            .initBodySize, at: parts.place,
            "uploadparts is \(json) bytes of JSON in one form field of the init request")
    }
}
