import ByteDigests
import PlanCore
import ServiceCore

/// The headers of a signed request, and the secrets in them.
package struct SignedRequest: Sendable {
    /// All headers except those that the transport adds (`Host`, `Content-Length`).
    package let headers: [XMLRequest.Field]
    /// The secrets that no message may contain.
    package let hidden: Redactor
}

extension XMLRequest {
    /// The names of the headers that are added when it is sent, besides `Authorization`.
    package var computedHeaders: [String] {
        switch address.dialect {
        case .cos: carriesContent || document != nil ? [HeaderName.contentMD5] : []
        case .s3(let checksum):
            (carriesContent ? [checksum.header ?? HeaderName.contentMD5] : [])
                + [HeaderName.amzContentSHA256, HeaderName.amzDate]
        }
    }

    /// Signs the request with its method, path, query and all headers.
    ///
    /// It is sent at `now`, in Unix seconds. `content` must have all digests of ``digests``.
    package func signed(
        _ credentials: Credentials, content: ContentDigests? = nil, now: Int64
    ) -> SignedRequest {
        let request = content.map(binding) ?? self
        switch address.dialect {
        case .cos: return request.signedForCOS(credentials, content: content, now: now)
        case .s3: return request.signedForS3(credentials, content: content, now: now)
        }
    }

    private func signedForCOS(
        _ credentials: Credentials, content: ContentDigests?, now: Int64
    ) -> SignedRequest {
        var headers = headers
        if let token = credentials.sessionToken { headers.append(Field(HeaderName.cosToken, token)) }
        if let document {
            headers.append(Field(HeaderName.contentMD5, Base64.encoded(MessageDigest.md5(document))))
        }
        var covered = headers.map { ($0.name, $0.value) } + [(HeaderName.host, address.host)]
        // Some transports omit a Content-Length of 0.
        let length = content?.length ?? document.map { Int64($0.count) } ?? 0
        if length > 0 { covered.append((HeaderName.contentLength, String(length))) }
        let signature = COSSignature(
            method: method, path: PathEncoding.decoded(path) ?? Array(path.utf8),
            query: query.map { ($0.name, $0.value) }, headers: covered,
            keyTime: COSSignature.keyTime(now: now), credentials: credentials)
        headers.append(Field(HeaderName.authorization, signature.authorization))
        return SignedRequest(
            headers: headers,
            hidden: Redactor(
                credentials: credentials, signatures: [signature.signature],
                signedTexts: [Array(signature.authorization.utf8)]))
    }

    private func signedForS3(
        _ credentials: Credentials, content: ContentDigests?, now: Int64
    ) -> SignedRequest {
        var headers = headers
        let moment = SigV4Signature.Moment(unixSeconds: now)
        let payload = payloadHash(content)
        headers.append(Field(HeaderName.amzContentSHA256, payload))
        headers.append(Field(HeaderName.amzDate, moment.stamp))
        if let token = credentials.sessionToken { headers.append(Field(HeaderName.amzToken, token)) }
        let signature = SigV4Signature(
            method: method, path: path, query: query.map { ($0.name, $0.value) },
            headers: headers.map { ($0.name, $0.value) } + [(HeaderName.host, address.host)],
            payloadHash: payload, moment: moment, region: address.region, credentials: credentials)
        headers.append(Field(HeaderName.authorization, signature.authorization))
        return SignedRequest(
            headers: headers,
            hidden: Redactor(
                credentials: credentials, signatures: [signature.signature],
                signedTexts: [Array(signature.authorization.utf8)]))
    }

    private func payloadHash(_ content: ContentDigests?) -> String {
        guard signsPayload else { return SigV4Signature.unsignedPayload }
        if let sha256 = content?.sha256 { return sha256.hexText }
        return MessageDigest.sha256(document ?? []).hexText
    }
}
