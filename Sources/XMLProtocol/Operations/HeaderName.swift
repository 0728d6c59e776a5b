/// The header names on the wire, in lower case, each defined in one place.
///
/// **Source**: the vendor's pages on common headers and multipart uploads (436/…); AWS's API reference.
package enum HeaderName {
    /// Standard headers.
    package static let contentMD5 = "content-md5"
    package static let contentType = "content-type"
    package static let contentLength = "content-length"
    package static let host = "host"
    package static let authorization = "authorization"
    package static let etag = "etag"
    package static let ifNoneMatch = "if-none-match"

    /// Headers of COS.
    package static let cosToken = "x-cos-security-token"
    package static let cosForbidOverwrite = "x-cos-forbid-overwrite"
    package static let cosCRC64 = "x-cos-hash-crc64ecma"
    package static let cosRequestID = "x-cos-request-id"
    package static let cosErrorCode = "x-cos-error-code"
    package static let cosErrorMessage = "x-cos-error-message"
    package static let cosEncryption = "x-cos-server-side-encryption"

    /// Headers of S3.
    package static let amzToken = "x-amz-security-token"
    package static let amzDate = "x-amz-date"
    package static let amzContentSHA256 = "x-amz-content-sha256"
    package static let checksumAlgorithm = "x-amz-checksum-algorithm"
    package static let checksumType = "x-amz-checksum-type"
    package static let checksumMode = "x-amz-checksum-mode"
    package static let checksumCRC64NVME = "x-amz-checksum-crc64nvme"
    package static let checksumSHA1 = "x-amz-checksum-sha1"
    package static let checksumSHA256 = "x-amz-checksum-sha256"
    package static let amzRequestID = "x-amz-request-id"
    package static let amzEncryption = "x-amz-server-side-encryption"
    package static let amzBucketRegion = "x-amz-bucket-region"
}
