import COSProtocol
import PlanCore

extension Receipt {
    /// The line of JSON, without its line end.
    public var json: [UInt8] {
        var members: [(String, JSONValue)] = [
            ("version", .integer(Self.version)),
            ("result", .string(result.rawValue)),
            ("endpoint", .string(identity.endpoint)),
            ("region", .string(identity.region)),
            ("appid", .integer(identity.appID)),
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
        if let error { members.append(("error", .string(error))) }
        return JSONValue.object(members).encoded
    }

    /// Reads a line of JSON; nil for anything but a whole line of this version.
    public init?(json line: [UInt8]) {
        guard let value = JSONReader.value(in: line), case .integer(Self.version)? = value["version"],
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
        error = value.text("error")
    }
}

extension Receipt.Identity {
    fileprivate init?(_ value: JSONValue) {
        guard let endpoint = value.text("endpoint"), let region = value.text("region"),
            case .integer(let appID)? = value["appid"], let bucket = value.text("bucket"),
            let key = value.text("key"), case .integer(let fileSize)? = value["filesize"],
            let sha = value.text("sha"), let datasha = value.text("datasha").flatMap(DatashaKind.init)
        else { return nil }
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
    fileprivate func text(_ name: String) -> String? {
        guard case .string(let text)? = self[name] else { return nil }
        return text
    }

    fileprivate func count(_ name: String) -> Int? {
        guard case .integer(let number)? = self[name], number >= 0 else { return nil }
        return Int(number)
    }
}
