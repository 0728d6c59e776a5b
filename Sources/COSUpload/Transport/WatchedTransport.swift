import COSProtocol

/// Tells of every answer, and of every request without one.
package struct WatchedTransport: Transport {
    let inner: any Transport
    let tell: @Sendable (UploadEvent) -> Void

    package init(_ inner: any Transport, tell: @escaping @Sendable (UploadEvent) -> Void) {
        self.inner = inner
        self.tell = tell
    }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        do throws(TransportError) {
            let response = try await inner.send(request)
            let code: Int64? = if case .json(let envelope) = response.reply { envelope.code } else { nil }
            tell(.answered(.init(request), status: response.reply.status, code: code))
            return response
        } catch {
            tell(.unanswered(.init(request), error))
            throw error
        }
    }
}
