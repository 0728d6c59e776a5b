import COSProtocol
import NIOCore
import NIOHTTP1
import PlanCore
import Synchronization
import ServiceCore

/// The service behind the sockets: it takes requests that were read and says what they are answered with.
///
/// Requests come from several threads, so it is one object; one lock guards the catalogue.
final class Service: Sendable {
    let configuration: EmulatorConfiguration
    let store: DiskStore?
    let faults: FaultSchedule
    let authorization: Authorization
    let crossOrigin: CrossOrigin
    let held: MemoryQuota
    let catalogue = Mutex(Catalogue())
    let statistics = Mutex(EmulatorStatistics())

    /// Opens the root, if there is one, and goes on with what an earlier process left there.
    init(_ configuration: EmulatorConfiguration) throws(StoreError) {
        self.configuration = configuration
        faults = FaultSchedule(configuration.faults)
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
                catalogue.add(
                    SliceUpload(
                        id: upload.session, plan: upload.plan, files: upload.files, arrived: upload.arrived,
                        held: held))
            }
        }
    }

    var limits: EmulatorLimits { configuration.limits }

    /// The front end that a request is for.
    func incoming(_ head: HTTPRequestHead) -> any IncomingRequest { IncomingJSONRequest(head, self) }

    /// Does what a request other than data asks.
    func reply(to request: JSONRequest) -> Reply {
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

    /// The answer of a refusal, counted.
    func refusal(_ refusal: Refusal, requestID: String) -> Reply {
        statistics.withLock { $0.refusals[refusal.code, default: 0] += 1 }
        return .refusal(refusal, requestID: requestID)
    }

    /// Forgets the unfinished upload at a key.
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

    /// Where an object can be fetched, as the service says it. The region is always `gz`: a request says only
    /// on which of its hosts the service was asked, and here that is 127.0.0.1.
    func urls(of address: ObjectAddress, now: Int64) -> [(String, JSONValue)] {
        let path = PathEncoding.encoded(address.key)
        let name = "\(address.bucket)-\(address.appID)"
        let region = "gz"
        return [
            (WireName.accessURL, .string("http://\(name).file.myqcloud.com\(path)")),
            (WireName.resourcePath, .string(address.resourcePath)),
            (WireName.sourceURL, .string("http://\(name).cos\(region).myqcloud.com\(path)")),
            (
                WireName.url,
                .string(
                    "http://\(region).file.myqcloud.com\(RequestHead.pathPrefix)/\(address.appID)"
                        + "/\(address.bucket)\(path)")
            ),
            (WireName.vid, .string(RequestIdentity.vid(now: now))),
        ]
    }

    /// The refusal for an object that could not be put in place.
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
