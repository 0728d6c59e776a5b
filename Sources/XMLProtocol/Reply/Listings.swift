import ServiceCore

/// A reply that reports success but lacks required information.
public struct XMLReplyProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation.
    package let operation: XMLOperation
    /// The element or header that is missing or unusable.
    package let field: String

    /// One line: what was found and what to do.
    public var description: String {
        "the reply to \(operation) says success but has no usable \(field); check that the endpoint is the service"
    }
}

/// One page of the unfinished uploads.
package struct UploadsPage: Hashable, Sendable {
    /// The start of the next page.
    package struct Marker: Hashable, Sendable {
        package let key: String
        package let uploadID: String

        package init(key: String, uploadID: String) {
            self.key = key
            self.uploadID = uploadID
        }
    }

    /// The uploads on the page, of any key.
    package let uploads: [ListedUpload]
    /// The start of the next page; nil on the last page.
    package let next: Marker?

    /// Parses a page.
    ///
    /// - Throws: ``XMLReplyProblem`` if an upload has no key or id, or a page other than the last has no
    ///   marker.
    package init(_ document: XMLElement) throws(XMLReplyProblem) {
        let isEncoded = document.text("EncodingType") == "url"
        func key(_ text: String) -> String {
            guard isEncoded else { return text }
            let spaced = text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
            return PathEncoding.decoded(String(decoding: spaced, as: UTF8.self))
                .map { String(decoding: $0, as: UTF8.self) } ?? text
        }
        var uploads: [ListedUpload] = []
        for element in document.all("Upload") {
            guard let name = element["Key"]?.text, let id = element.text("UploadId"), !id.isEmpty else {
                throw XMLReplyProblem(operation: .listUploads, field: "Upload")
            }
            uploads.append(
                ListedUpload(
                    key: key(name), id: id, initiated: element.text("Initiated") ?? "",
                    checksumAlgorithm: element.text("ChecksumAlgorithm"),
                    checksumType: element.text("ChecksumType")))
        }
        self.uploads = uploads
        guard document.text("IsTruncated") == "true" else {
            next = nil
            return
        }
        guard let nextKey = document["NextKeyMarker"]?.text else {
            throw XMLReplyProblem(operation: .listUploads, field: "NextKeyMarker")
        }
        next = Marker(key: key(nextKey), uploadID: document.text("NextUploadIdMarker") ?? "")
    }
}

/// An unfinished upload, as listed.
package struct ListedUpload: Hashable, Sendable {
    /// The key, decoded.
    package let key: String
    package let id: String
    /// When it was started, ISO 8601; empty if the listing has no date.
    package let initiated: String
    /// S3's checksum algorithm; nil if there is none.
    package let checksumAlgorithm: String?
    /// S3's checksum type; nil if there is none.
    package let checksumType: String?

    /// Whether its checksum is that of the dialect, or unspecified.
    func suits(_ dialect: Dialect) -> Bool {
        switch dialect {
        case .cos: checksumAlgorithm == nil && checksumType == nil
        case .s3(let checksum):
            (checksumAlgorithm == nil || checksumAlgorithm == checksum.algorithm)
                && (checksumType == nil || checksumType == checksum.type)
        }
    }
}

/// One page of the parts of an upload.
package struct PartsPage: Hashable, Sendable {
    /// In the order of the listing.
    package let parts: [ListedPart]
    /// The start of the next page; nil on the last page.
    package let next: String?

    /// Parses a page.
    ///
    /// - Throws: ``XMLReplyProblem`` if a part has no number, ETag or size, or a page other than the last has
    ///   no marker.
    package init(_ document: XMLElement) throws(XMLReplyProblem) {
        var parts: [ListedPart] = []
        for element in document.all("Part") {
            guard let number = element.text("PartNumber").flatMap({ Int($0) }), number > 0,
                let size = element.text("Size").flatMap({ Int64($0) }), size >= 0,
                let etag = element.text("ETag"), !etag.isEmpty
            else { throw XMLReplyProblem(operation: .listParts, field: "Part") }
            parts.append(
                ListedPart(
                    number: number, size: size, etag: etag,
                    crc64nvme: element.text("ChecksumCRC64NVME").flatMap(ReplyFields.crc),
                    sha1: element.text("ChecksumSHA1")))
        }
        self.parts = parts
        guard document.text("IsTruncated") == "true" else {
            next = nil
            return
        }
        guard let next = document.text("NextPartNumberMarker") ?? parts.last.map({ String($0.number) }) else {
            throw XMLReplyProblem(operation: .listParts, field: "NextPartNumberMarker")
        }
        self.next = next
    }
}

/// A part that the service already has, as listed.
package struct ListedPart: Hashable, Sendable {
    package let number: Int
    /// **Unit**: bytes.
    package let size: Int64
    package let etag: String
    package let crc64nvme: UInt64?
    /// Base64.
    package let sha1: String?

    /// The digests of the planned bytes needed to compare them with this part.
    package func digests(_ dialect: Dialect) -> Set<ContentDigests.Kind> {
        switch dialect {
        case .s3(.crc64nvme) where crc64nvme != nil: []
        case .s3(.sha1) where sha1 != nil: []
        case .cos, .s3: [.md5]
        }
    }

    /// Whether the part has this content, by its checksum, else by its MD5.
    package func matches(_ content: ContentDigests, _ dialect: Dialect) -> Bool {
        guard size == content.length else { return false }
        switch dialect {
        case .s3(.crc64nvme):
            if let crc64nvme { return crc64nvme == content.crc64 }
        case .s3(.sha1):
            if let sha1 { return sha1 == content.checksumText(dialect) }
        case .cos, .s3(.md5): break
        }
        return content.md5 != nil && ETag.md5(etag) == content.md5
    }
}
