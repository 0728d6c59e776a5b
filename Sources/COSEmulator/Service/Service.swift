import COSProtocol
import NIOCore
import NIOHTTP1
import PlanCore
import ServiceCore
import Synchronization

/// The service behind the connections: takes parsed requests and produces replies.
///
/// A class, because several threads send requests to it; one lock guards the catalogue.
final class Service: Sendable {
    let configuration: EmulatorConfiguration
    let store: DiskStore?
    let faults: FaultSchedule
    let authorization: Authorization
    let xmlAuthorization: XMLAuthorization
    let s3Authorization: S3Authorization
    let crossOrigin: CrossOrigin
    let held: MemoryQuota
    let catalogue = Mutex(Catalogue())
    let statistics = Mutex(EmulatorStatistics())

    /// Opens the root, if there is one, and loads what an earlier process left there.
    init(_ configuration: EmulatorConfiguration) throws(StoreError) {
        self.configuration = configuration
        faults = FaultSchedule(configuration.faults)
        xmlAuthorization = XMLAuthorization(
            credentials: configuration.credentials, limits: configuration.limits)
        s3Authorization = S3Authorization(
            credentials: configuration.credentials, limits: configuration.limits)
        crossOrigin = CrossOrigin(allowed: configuration.allowedOrigins)
        authorization = Authorization(credentials: configuration.credentials, limits: configuration.limits)
        held = MemoryQuota(limit: configuration.limits.heldBytes)
        guard let root = configuration.root else {
            store = nil
            return
        }
        let opened = try DiskStore(path: root)
        store = opened
        let objects = try opened.loadObjects()
        let uploads = try opened.loadUploads(maximumPieces: limits.uploadParts)
        catalogue.withLock { catalogue in
            for record in objects { catalogue.add(record) }
            for upload in uploads {
                switch upload {
                case .slices(let stored):
                    catalogue.add(
                        SliceUpload(
                            id: stored.session, plan: stored.plan, files: stored.files,
                            arrived: stored.arrived, held: held))
                case .parts(let stored):
                    catalogue.add(
                        MultipartUpload(
                            id: stored.uploadID, plan: stored.plan, files: stored.files, parts: stored.parts))
                }
            }
        }
    }

    var limits: EmulatorLimits { configuration.limits }

    /// The handler for a new request: paths below `/files/v2/` belong to the JSON API.
    func incoming(_ head: HTTPRequestHead) -> any IncomingRequest {
        let apis = configuration.apis
        let isJSON = apis == [.json] || (apis.contains(.json) && RequestTarget.isOfJSONAPI(head.uri))
        return isJSON
            ? IncomingJSONRequest(head, self)
            : IncomingXMLRequest(head, EmulatedDialect(head, among: apis), self)
    }

    /// Performs a request other than data.
    func reply(to request: JSONRequest) -> EmulatorReply {
        do throws(Refusal) {
            let data =
                switch request.operation {
                case .initialize: try initialize(request)
                case .list: try list(request)
                case .finish: try finish(request)
                case .upload: try upload(request)
                case .stat: try stat(request)
                case .delete: try delete(request)
                case .data: throw .form("filecontent lacks")
                }
            return .success(data, requestID: request.requestID)
        } catch {
            return refusal(error, requestID: request.requestID)
        }
    }

    /// The reply for a refusal, which is counted.
    func refusal(_ refusal: Refusal, requestID: String) -> EmulatorReply {
        statistics.withLock { $0.refusals[refusal.code, default: 0] += 1 }
        return .refusal(refusal, requestID: requestID)
    }

    /// Deletes the unfinished upload at a key.
    func forgetUpload(at address: ObjectAddress) {
        let session = catalogue.withLock { catalogue in
            let session = catalogue.unfinished(at: address)
            if let session { catalogue.remove(session) }
            return session
        }
        guard let session else { return }
        session.close()
        try? store?.endUpload(session.id)  // What is left behind is removed at the next start.
    }

    /// Deletes every unfinished upload at a key.
    func forgetUploads(at address: ObjectAddress) {
        forgetUpload(at: address)
        let uploads = catalogue.withLock { catalogue in
            catalogue.multipartUploads.values.filter { $0.plan.address == address }
        }
        for upload in uploads { forget(upload) }
    }

    /// The record with its digests computed, if they were missing and the object's file is intact.
    ///
    /// **Cost**: reads the object once.
    func digested(_ record: ObjectRecord) -> ObjectRecord {
        let missing = [EmulatedDialect.cos, .s3].filter { record.checksum($0) == nil }
        guard record.sha == nil || !missing.isEmpty, let store else { return record }
        var sha = SHA1Stream()
        var checksums = missing.map { (kind: $0.usualChecksum, RunningChecksum($0.usualChecksum)) }
        var digested = record
        do throws(StoreError) {
            guard try store.isIntact(record) else { return record }
            try unsafe store.open(record).read(0, record.fileSize) { bytes in
                unsafe sha.update(bytes)
                for index in checksums.indices { unsafe checksums[index].1.update(bytes) }
            }
        } catch { return record }  // What cannot be read now has the digests it had.
        digested.sha = sha.digest
        digested.checksums += checksums.map { StoredChecksum($0.kind, .fullObject, $0.1.text) }
        catalogue.withLock { catalogue in
            if catalogue.objects[record.address] == record { catalogue.add(digested) }
        }
        return digested
    }

    /// The URLs of an object, as in the service's replies.
    ///
    /// The region is always `gz`: the service takes it from the host name, which is 127.0.0.1 here.
    func urls(of address: ObjectAddress, now: Int64) -> [(String, JSONValue)] {
        let path = PathEncoding.encoded(address.key.bytes)
        let name = "\(address.bucket)-\(address.accountName)"
        let region = "gz"
        return [
            (WireName.accessURL, .string("http://\(name).file.myqcloud.com\(path)")),
            (WireName.resourcePath, .string(address.resourcePath)),
            (WireName.sourceURL, .string("http://\(name).cos\(region).myqcloud.com\(path)")),
            (
                WireName.url,
                .string(
                    "http://\(region).file.myqcloud.com\(RequestHead.pathPrefix)/\(address.accountName)"
                        + "/\(address.bucket)\(path)")
            ),
            (WireName.vid, .string(RequestIdentity.vid(now: now))),
        ]
    }

    /// The refusal for an object that could not be published.
    func refusal(of problem: DiskStore.PublishProblem, at address: ObjectAddress) -> Refusal {
        switch problem {
        case .exists: Refusal(.fileExists, "\(address.resourcePath.escapedForDisplay) exists")
        case .conflict:
            Refusal(
                .pathConflict,
                "\(address.resourcePath.escapedForDisplay) or one of its folders is something else")
        case .failed(let error): .busy("\(error)")
        }
    }
}

/// A limit on the bytes held in memory over all requests and sessions.
///
/// A class, because they share it.
final class MemoryQuota: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Reserves `count` bytes; returns false if the limit would be exceeded.
    func take(_ count: Int) -> Bool {
        let (_, now) = held.add(count, ordering: .relaxed)
        guard now > limit else { return true }
        held.subtract(count, ordering: .relaxed)
        return false
    }

    /// The bytes that are reserved.
    var bytes: Int { held.load(ordering: .relaxed) }

    /// Releases bytes.
    func give(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
