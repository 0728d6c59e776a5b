import COSUpload
import PlanCore
import XMLProtocol

/// Why no answer came from a target, with the names of the host and of the proxy before it.
struct ConnectionText {
    private let error: TransportError
    private let target: Target
    private let endpoint: Endpoint
    private let proxy: ProxyVariables.Proxy?

    init(_ error: TransportError, from target: Target, proxies: ProxyVariables = ProxyVariables()) {
        self.error = error
        self.target = target
        endpoint = target.requestEndpoint
        proxy = proxies.proxy(for: endpoint)
    }

    /// The failure and what to do, such as `host: the host was not found; check --region 'gz'`.
    var text: String { "\(finding)\(tries); \(hint)" }

    private var host: String { endpoint.host + (endpoint.port.map { ":\($0)" } ?? "") }

    private var finding: String {
        switch (error, proxy) {
        case (.connectionRefused, let proxy?): "\(Self.name(proxy)) refused the connection"
        case (.hostNotFound, let proxy?): "\(Self.name(proxy)) was not found"
        case (.proxyRefused(let status), let proxy?):
            "\(Self.name(proxy)) refuses to connect to \(host) (status \(status))"
        case (.connectionRefused, _), (.hostNotFound, _), (.hostUnreachable, _), (.connectionLost, _),
            (.closedUnanswered, _), (.timedOut, _), (.replyOverdue, _), (.noReply, _), (.cutReply, _),
            (.garbledReply, _), (.redirected, _), (.replyTooLong, _), (.tlsFailed, _), (.proxyRefused, _),
            (.other, _):
            "\(host): \(error.finding)"
        // These name the host, or are not about it.
        case (.clockTooFar, _), (.certificateRefused, _), (.authoritiesUnusable, _), (.cancelled, _):
            error.finding
        }
    }

    private static func name(_ proxy: ProxyVariables.Proxy) -> String {
        "the proxy \(proxy.name.escapedForDisplay) (\(proxy.variable))"
    }

    /// Why `--retries` did not count.
    private var tries: String {
        switch error {
        case .connectionRefused(answered: false), .hostNotFound(answered: false):
            ", tried twice at most because this endpoint has not answered in this run"
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .closedUnanswered,
            .timedOut, .replyOverdue, .noReply, .cutReply, .garbledReply, .redirected, .clockTooFar,
            .replyTooLong, .certificateRefused, .tlsFailed, .authoritiesUnusable, .proxyRefused, .cancelled,
            .other:
            ""
        }
    }

    private var hint: String {
        switch error {
        case .garbledReply where proxy == nil && !endpoint.isEncrypted:
            "does the port speak TLS? try https://, or try again later"
        case .connectionRefused, .hostNotFound, .garbledReply, .other:
            proxy.map { "check \($0.variable), or try again later" } ?? "\(checkPlace), or try again later"
        case .hostUnreachable, .connectionLost, .closedUnanswered, .timedOut, .replyOverdue, .noReply,
            .cutReply, .redirected, .clockTooFar, .replyTooLong, .certificateRefused, .tlsFailed,
            .authoritiesUnusable, .proxyRefused, .cancelled:
            error.commandHint
        }
    }

    /// The flag that names the host: the region where nothing else does.
    private var checkPlace: String {
        guard target.isAtUsualEndpoint, let region = target.regionName else { return "check --endpoint" }
        return "check --region '\(region)'"
    }
}

extension Target {
    /// The endpoint that requests are sent to, with the bucket in it where it stands in the host.
    var requestEndpoint: Endpoint {
        // A bucket that cannot stand there has failed before. The checksum is not part of it.
        (try? BucketAddress(self, checksum: .crc64nvme))?.endpoint ?? endpoint
    }

    fileprivate var regionName: String? {
        switch self {
        case .json(let target): target.region.name
        case .xml(let target): target.region.name
        case .s3(let target): target.region.name
        }
    }

    /// Whether the endpoint is the service's own of the region.
    fileprivate var isAtUsualEndpoint: Bool {
        // A region without a host of its own has an endpoint of another origin.
        switch self {
        case .json(let target):
            endpoint
                == (try? JSONTarget(region: target.region, appID: target.appID, bucket: target.bucket))?
                .endpoint
        case .xml(let target):
            endpoint
                == (try? XMLTarget(region: target.region, appID: target.appID, bucket: target.bucket))?
                .endpoint
        case .s3(let target):
            endpoint == (try? S3Target(region: target.region, bucket: target.bucket))?.endpoint
        }
    }
}
