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
        } catch { return Problem(APIObstacle.key(error), at: found.place) }
    }

    private func bizAttrProblem(for api: ServiceAPI) -> Problem? {
        guard let bizAttr = file.bizAttr else { return nil }
        return APIObstacle(bizAttr: bizAttr.value, for: api).map { Problem($0, at: bizAttr.place) }
    }

    private func sizeProblem(for api: ServiceAPI) -> Problem? {
        guard let size = file.fileSize, size.value > 0 else { return nil }
        if api == .json, size.value > ServiceAPI.largestJSONObject {
            return Problem(
                .jsonObjectSize, at: size.place,
                "filesize \(size.value) is over the JSON API's 64 GiB, \(ServiceAPI.largestJSONObject) bytes; send "
                    + "it by the XML API")
        }
        guard let sliceSize else { return nil }
        return APIObstacle(fileSize: size.value, sliceSize: sliceSize, for: api).map {
            Problem($0, at: size.place)
        }
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

/// Why an API does not accept a plan.
public enum APIObstacle: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key is not valid.
    case key(ObjectKeyError)
    /// The plan has a `biz_attr`, which only the JSON API supports.
    case bizAttr(ByteString, ServiceAPI)
    /// The file is too large; `most` is the maximum with parts of whole slices of `slice`.
    ///
    /// **Unit**: bytes.
    case fileSize(found: Int64, most: Int64, slice: Int64)

    init?(bizAttr: ByteString, for api: ServiceAPI) {
        guard api.multipart != nil, !bizAttr.isEmpty else { return nil }
        self = .bizAttr(bizAttr, api)
    }

    init?(fileSize: Int64, sliceSize: SliceSize, for api: ServiceAPI) {
        guard let limits = api.multipart,
            Layout(multipart: fileSize, sliceSize: sliceSize, limits: limits) == nil
        else { return nil }
        let most = limits.partCount * (limits.largestPart / sliceSize.bytes * sliceSize.bytes)
        self = .fileSize(found: fileSize, most: most, slice: sliceSize.bytes)
    }

    /// The broken rule.
    package var rule: Rule {
        switch self {
        case .key(.tooLong): .keyLength
        case .key: .key
        case .bizAttr: .bizAttrOfAPI
        case .fileSize: .multipartSize
        }
    }

    /// What was found.
    public var description: String {
        switch self {
        case .key(let error): error.description
        case .bizAttr(let value, let api):
            "biz_attr '\(value.escapedForDisplay(limit: 60))' has no place in the API \(api.rawValue); empty it, or "
                + "use the JSON API"
        case .fileSize(let found, let most, let slice):
            "filesize \(found) is over \(most), which \(MultipartLimits.xml.partCount) parts of whole slices of "
                + "\(slice) bytes hold"
        }
    }
}

extension PlannedFile {
    /// Checks the plan against the limits of an API.
    ///
    /// - Throws: ``APIObstacle`` for the first limit exceeded.
    package func check(for api: ServiceAPI) throws(APIObstacle) {
        do throws(ObjectKeyError) { try key.check(for: api) } catch { throw .key(error) }
        if let obstacle = APIObstacle(bizAttr: bizAttr, for: api) { throw obstacle }
        if let obstacle = APIObstacle(fileSize: fileSize, sliceSize: sliceSize, for: api) { throw obstacle }
    }
}

extension Problem {
    fileprivate init(_ obstacle: APIObstacle, at place: Place) {
        self.init(obstacle.rule, at: place, obstacle.description)
    }
}
