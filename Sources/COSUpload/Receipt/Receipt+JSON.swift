import COSProtocol
import PlanCore
import ServiceCore

extension Receipt {
    /// The receipt as one line of JSON, without a line end.
    public var json: [UInt8] {
        var members: [(String, JSONValue)] = [
            ("version", .integer(Self.version)),
            ("result", .string(result.rawValue)),
            ("endpoint", .string(identity.endpoint)),
            ("region", .string(identity.region)),
        ]
        if let appID = identity.appID { members.append(("appid", .integer(appID))) }
        members += [
            ("bucket", .string(identity.bucket)),
            ("key", .string(identity.key.text)),
            ("path", .string(path.text)),
            ("filesize", .integer(identity.fileSize)),
            ("sha", .string(identity.sha)),
            ("datasha", .string(identity.datasha.rawValue)),
            ("slices_sent", .integer(Int64(slicesSent))),
            ("slices_found", .integer(Int64(slicesFound))),
            ("urls", .object(urls.entries.map { ($0.name, .string($0.value)) })),
            ("request_ids", .array(requestIDs.map { .string($0) })),
            ("started", .string(started)),
            ("ended", .string(ended)),
            ("manifest_sha256", .string(manifestSHA256)),
        ]
        if identity.api != .json { members.append(("api", .string(identity.api.rawValue))) }
        if let uploadID { members.append(("upload_id", .string(uploadID))) }
        if let proof { members.append(("proof", .string(proof))) }
        if let error { members.append(("error", .string(error))) }
        return JSONValue.object(members).encoded
    }

    /// The maximum number of bytes that ``isBeginning(_:whole:)`` examines.
    package static let beginningLength = 64

    /// Whether a line of a receipt, of any version, may begin with `bytes`: `{"version":N,"result":"`.
    ///
    /// Every version begins its lines this way and writes them without blanks, which distinguishes a receipt
    /// from other files.
    ///
    /// `whole` means that `bytes` are a complete line, which must then contain the whole prefix.
    package static func isBeginning(_ bytes: [UInt8], whole: Bool) -> Bool {
        let version = Array(#"{"version":"#.utf8)
        let result = Array(#","result":""#.utf8)
        guard bytes.starts(with: version) else { return !whole && version.starts(with: bytes) }
        let rest = bytes.dropFirst(version.count)
        let digits = rest.prefix { (48...57).contains($0) }
        let afterDigits = rest.dropFirst(digits.count)
        if afterDigits.isEmpty { return !whole }
        guard (1...10).contains(digits.count) else { return false }
        return afterDigits.starts(with: result) || (!whole && result.starts(with: afterDigits))
    }

    /// Parses a line of JSON; nil for anything but a complete line of this version.
    package init?(json line: [UInt8]) {
        guard let value = JSONValue(json: line), value.integer("version") == Self.version,
            let result = value.text("result").flatMap(Result.init),
            let identity = Identity(value), let path = value.text("path"),
            let slicesSent = value.count("slices_sent"), let slicesFound = value.count("slices_found"),
            case .members(let urls)? = value["urls"], case .array(let requestIDs)? = value["request_ids"],
            let started = value.text("started"), let ended = value.text("ended"),
            let manifestSHA256 = value.text("manifest_sha256")
        else { return nil }
        self.result = result
        self.identity = identity
        self.path = ByteString(path)
        self.slicesSent = slicesSent
        self.slicesFound = slicesFound
        self.urls = ObjectURLs(
            entries: urls.compactMap { member in
                guard case .string(let text) = member.value else { return nil }
                return ObjectURLs.Entry(member.name, text)
            })
        self.requestIDs = requestIDs.compactMap { entry in
            guard case .string(let text) = entry else { return nil }
            return text
        }
        self.started = started
        self.ended = ended
        self.manifestSHA256 = manifestSHA256
        uploadID = value.text("upload_id")
        proof = value.text("proof")
        error = value.text("error")
    }
}

extension Receipt.Identity {
    fileprivate init?(_ value: JSONValue) {
        guard let endpoint = value.text("endpoint"), let region = value.text("region"),
            let bucket = value.text("bucket"),
            let key = value.text("key"), let fileSize = value.integer("filesize"),
            let sha = value.text("sha"), let datasha = value.text("datasha").flatMap(DatashaKind.init)
        else { return nil }
        // Lines without an API were written before there were several; they belong to the JSON API.
        guard let api = value["api"] == nil ? .json : value.text("api").flatMap(ServiceAPI.init)
        else {
            return nil
        }
        let appID = value.integer("appid")
        guard (appID == nil) == (api == .s3) else { return nil }
        self.api = api
        self.endpoint = endpoint
        self.region = region
        self.appID = appID
        self.bucket = bucket
        self.key = ByteString(key)
        self.fileSize = fileSize
        self.sha = sha
        self.datasha = datasha
    }
}

extension JSONValue {
    fileprivate func count(_ name: String) -> Int? {
        integer(name).flatMap { $0 >= 0 ? Int($0) : nil }
    }
}
