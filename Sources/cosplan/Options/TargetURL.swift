import COSProtocol
import PlanCore
import XMLProtocol

extension Target {
    /// The URL of requests about `key`.
    ///
    /// - Throws: `EndpointError` if the bucket and the host do not form a valid host name.
    func url(of key: ObjectKey) throws(EndpointError) -> String {
        // The checksum is not part of the URL.
        if let address = try BucketAddress(self, checksum: .crc64nvme) {
            return "\(address.endpoint)\(address.path(of: key))"
        }
        guard case .json(let target) = self else { return "\(endpoint)" }
        return "\(target.endpoint)\(RequestHead.path(target: target, key: key))"
    }
}
