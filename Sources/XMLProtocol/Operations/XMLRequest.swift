import PlanCore
import ServiceCore

/// An unsigned request: line, query and headers, without those that the transport and the signature add.
package struct XMLRequest: Hashable, Sendable {
    /// A name and a value.
    package struct Field: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The operation.
    package let operation: XMLOperation
    /// The bucket.
    package let address: BucketAddress
    /// The encoded path, as sent.
    package let path: String
    /// The decoded query; a field with an empty value is sent as its name only.
    package let query: [Field]
    /// Headers; names in lower case.
    package private(set) var headers: [Field]
    /// A body other than file content: finish's list of parts.
    package let document: [UInt8]?
    /// Whether it carries file content.
    package let carriesContent: Bool

    /// `GET`, `PUT`, `POST`, `HEAD`, `DELETE`.
    package var method: String {
        switch operation {
        case .put, .part: "PUT"
        case .begin, .finish: "POST"
        case .listParts, .listUploads, .versioning, .get: "GET"
        case .head: "HEAD"
        case .delete, .abort: "DELETE"
        }
    }

    /// The encoded query, without the question mark; nil if there is none.
    package var queryText: String? {
        guard !query.isEmpty else { return nil }
        return query.map { field in
            let name = PathEncoding.encodedComponent(field.name.utf8)
            return field.value.isEmpty ? name : "\(name)=\(PathEncoding.encodedComponent(field.value.utf8))"
        }.joined(separator: "&")
    }

    private init(
        _ operation: XMLOperation, _ address: BucketAddress, path: String, query: [Field] = [],
        headers: [Field] = [], document: [UInt8]? = nil, carriesContent: Bool = false
    ) {
        self.operation = operation
        self.address = address
        self.path = path
        self.query = query
        self.headers = headers
        self.document = document
        self.carriesContent = carriesContent
    }

    /// The digests of the content that must be computed before signing.
    ///
    /// Over plain http to another host nothing else protects the body, so S3's signature then covers its
    /// SHA-256.
    package var digests: Set<ContentDigests.Kind> {
        guard carriesContent else { return [] }
        var kinds: Set<ContentDigests.Kind> = []
        switch address.dialect {
        case .cos: kinds = [.md5, .crc64ecma]
        case .s3(.crc64nvme): kinds = [.crc64nvme]
        case .s3(.sha1): kinds = [.sha1]
        case .s3(.md5): kinds = [.md5]
        }
        if signsPayload { kinds.insert(.sha256) }
        return kinds
    }

    /// Whether S3's signature covers the hash of the body instead of a header with its checksum.
    var signsPayload: Bool {
        switch address.dialect {
        case .cos: false
        case .s3: !carriesContent || (!address.endpoint.isEncrypted && !address.endpoint.isLoopback)
        }
    }

    /// The request with the headers that bind its body: `Content-MD5`, or the store's checksum.
    package func binding(_ content: ContentDigests) -> XMLRequest {
        var bound = self
        switch address.dialect {
        case .cos, .s3(.md5):
            if let md5 = content.md5 {
                bound.headers.append(Field(HeaderName.contentMD5, Base64.encoded(md5)))
            }
        case .s3(let checksum):
            if let name = checksum.header, let text = content.checksumText(address.dialect) {
                bound.headers.append(Field(name, text))
            }
        }
        return bound
    }
}

extension XMLRequest {
    /// `PUT /key`: the whole file.
    package static func put(_ address: BucketAddress, key: ObjectKey, insertOnly: InsertOnly) -> XMLRequest {
        XMLRequest(
            .put, address, path: address.path(of: key),
            headers: [Field(HeaderName.contentType, "application/octet-stream")]
                + refusingOverwrite(address, insertOnly, at: .put),
            carriesContent: true)
    }

    /// `POST /key?uploads`.
    package static func begin(_ address: BucketAddress, key: ObjectKey, insertOnly: InsertOnly) -> XMLRequest
    {
        var headers = [Field(HeaderName.contentType, "application/octet-stream")]
        if case .s3(let checksum) = address.dialect, let algorithm = checksum.algorithm,
            let type = checksum.type
        {
            headers.append(Field(HeaderName.checksumAlgorithm, algorithm))
            headers.append(Field(HeaderName.checksumType, type))
        }
        return XMLRequest(
            .begin, address, path: address.path(of: key), query: [Field("uploads", "")],
            headers: headers + refusingOverwrite(address, insertOnly, at: .begin))
    }

    /// `PUT /key?partNumber=N&uploadId=…`.
    package static func part(
        _ address: BucketAddress, key: ObjectKey, uploadID: String, number: Int
    ) -> XMLRequest {
        XMLRequest(
            .part, address, path: address.path(of: key),
            query: [Field("partNumber", String(number)), Field("uploadId", uploadID)], carriesContent: true)
    }

    /// `GET /key?uploadId=…`; `marker` is the last part number of the previous page.
    package static func listParts(
        _ address: BucketAddress, key: ObjectKey, uploadID: String, marker: String?
    ) -> XMLRequest {
        let marker = marker.map { [Field("part-number-marker", $0)] } ?? []
        return XMLRequest(
            .listParts, address, path: address.path(of: key),
            query: [Field("max-parts", "1000"), Field("uploadId", uploadID)] + marker)
    }

    /// `GET /?uploads&prefix=key`.
    package static func listUploads(
        _ address: BucketAddress, key: ObjectKey, marker: UploadsPage.Marker?
    ) -> XMLRequest {
        var query = [
            Field("uploads", ""), Field("encoding-type", "url"), Field("max-uploads", "1000"),
            Field("prefix", key.wireName),
        ]
        if let marker {
            query.append(Field("key-marker", marker.key))
            query.append(Field("upload-id-marker", marker.uploadID))
        }
        return XMLRequest(.listUploads, address, path: address.bucketPath, query: query)
    }

    /// `POST /key?uploadId=…` with the list of parts.
    package static func finish(
        _ address: BucketAddress, key: ObjectKey, uploadID: String, parts: [CompletedPart],
        insertOnly: InsertOnly
    ) -> XMLRequest {
        XMLRequest(
            .finish, address, path: address.path(of: key), query: [Field("uploadId", uploadID)],
            headers: [Field(HeaderName.contentType, "application/xml")]
                + refusingOverwrite(address, insertOnly, at: .finish),
            document: CompletedPart.document(parts, address.dialect))
    }

    /// `HEAD /key`.
    package static func head(_ address: BucketAddress, key: ObjectKey) -> XMLRequest {
        let mode =
            switch address.dialect {
            case .cos: [Field]()
            case .s3: [Field(HeaderName.checksumMode, "ENABLED")]
            }
        return XMLRequest(.head, address, path: address.path(of: key), headers: mode)
    }

    /// `GET /?versioning`.
    package static func versioning(_ address: BucketAddress) -> XMLRequest {
        XMLRequest(.versioning, address, path: address.bucketPath, query: [Field("versioning", "")])
    }

    /// The header that forbids replacing an object, if the operation supports it.
    private static func refusingOverwrite(
        _ address: BucketAddress, _ insertOnly: InsertOnly, at operation: XMLOperation
    ) -> [Field] {
        guard insertOnly == .refuse else { return [] }
        switch address.dialect {
        case .cos: return [Field(HeaderName.cosForbidOverwrite, "true")]
        case .s3: return operation == .begin ? [] : [Field(HeaderName.ifNoneMatch, "*")]
        }
    }
}

/// A part in finish's list.
package struct CompletedPart: Hashable, Sendable {
    /// The part number, from 1.
    package let number: Int
    /// The ETag as the service returned it, including quotes.
    package let etag: String
    /// The store's checksum for finish's list; nil if the list has none.
    package let checksum: String?

    package init(number: Int, etag: String, checksum: String? = nil) {
        self.number = number
        self.etag = etag
        self.checksum = checksum
    }

    /// The body of finish.
    ///
    /// **Shape**: `parts` in ascending order.
    static func document(_ parts: [CompletedPart], _ dialect: Dialect) -> [UInt8] {
        XMLElement(
            "CompleteMultipartUpload",
            parts.map { part in
                var children = [XMLElement("PartNumber", String(part.number)), XMLElement("ETag", part.etag)]
                if case .s3(let kind) = dialect, let name = kind.element, let checksum = part.checksum {
                    children.append(XMLElement(name, checksum))
                }
                return XMLElement("Part", children)
            }
        ).document
    }
}
