import ServiceCore

/// Signs every request afresh; asks once more by the service's clock where it says the signature expired.
package struct SigningTransport: Transport {
    let inner: any Transport
    let credentials: Credentials
    let clock: WallClock
    let warn: @Sendable (UploadWarning) -> Void

    package init(
        _ inner: any Transport, credentials: Credentials, clock: WallClock,
        warn: @escaping @Sendable (UploadWarning) -> Void
    ) {
        self.inner = inner
        self.credentials = credentials
        self.clock = clock
        self.warn = warn
    }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        let response = try await inner.send(signed(request))
        guard response.error(of: request.operation)?.reaction == .signAgain else { return response }
        if let serverTime = response.serverTime {
            let change = try clock.correct(serverTime: serverTime)
            // A second is what a request takes; a clock that is right again is no news.
            let ahead = clock.secondsAhead
            if abs(change) > 1, abs(ahead) > 1 { warn(.clockCorrected(secondsAhead: ahead)) }
        }
        return try await inner.send(signed(request))
    }

    private func signed(_ request: ServiceRequest) -> ServiceRequest {
        var signed = request
        signed.authorization = .multiUse(
            credentials, target: request.target, key: request.key, now: clock.now,
            nonce: .random(in: 0 ... .max))
        return signed
    }
}
