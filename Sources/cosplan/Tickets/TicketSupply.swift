import COSProtocol
import COSUpload
import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore

/// The tickets of a file, for the plans that they are made for.
struct TicketSupply {
    private let path: String
    private var purposes: Set<TicketFile.Purpose> = []
    /// By object.
    private(set) var tickets = Tickets()
    /// The file that they are from.
    private(set) var node: FileNode?

    /// Reads the file at `path`, which its owner alone may use, and requires that it is for `manifests`.
    ///
    /// - Throws: ``CommandFailure``: 64 for a target of another API, 66 if the file is missing, 77 if others may use it or it
    ///   is for other plans or targets, 78 if it is no file of tickets.
    init(path: String, for manifests: [PushRun.Manifest]) throws {
        self.path = path.escapedForDisplay
        for target in manifests.flatMap(\.targets.targets) { try Self.check(target.api) }
        let source = try withFileFailures { try PrivateFile.source(ByteString(path)) }
        node = source.node
        do {
            try withFileFailures { try read(source) }
        } catch let error as SettingsError {
            throw CommandFailure(
                .configuration, "\(self.path): \(error); name the file that cosplan sign wrote, or sign again"
            )
        }
        for manifest in manifests {
            for target in manifest.targets.targets { try require(target, of: manifest) }
        }
    }

    /// Refuses an API that has no tickets.
    ///
    /// - Throws: ``CommandFailure`` (64).
    static func check(_ api: ServiceAPI) throws(CommandFailure) {
        guard api != .json else { return }
        let otherWay = api == .xml ? "--api json for the same bucket, or " : ""
        throw CommandFailure(
            .usage,
            "the API \(api.rawValue) has no tickets: an offline signature cannot bind the upload's id or its content; "
                + "use \(otherWay)temporary credentials")
    }

    private mutating func read(_ source: FileByteSource) throws {
        var current: (target: JSONTarget, expires: String)?
        try SettingsText.forEachMapping(source, keys: TicketFile.keys) { mapping in
            let entry = Entry(mapping)
            if entry.isHead {
                let (target, purpose) = try entry.head()
                current = (target, try entry.field("expires"))
                purposes.insert(purpose)
            } else {
                guard let current else { throw entry.wrong("a ticket before what it is for") }
                let (key, ticket) = try entry.ticket(for: current.target)
                guard HTTPDate.timestamp(ticket.expiry) == current.expires else {
                    throw entry.wrong("the ticket does not expire when the file says")
                }
                tickets.add(ticket, for: current.target, key: key)
            }
        }
    }

    /// Requires tickets for a document of `manifest` that goes to `target`.
    private func require(_ target: Target, of manifest: PushRun.Manifest) throws(CommandFailure) {
        guard case .json(let target) = target else { return }  // refused before
        let wanted = TicketFile.Purpose(plan: manifest.sha256, target: target)
        guard !purposes.contains(wanted) else { return }
        let places = purposes.filter { $0.plan == manifest.sha256 }.map(\.place).sorted()
        guard let place = places.first else {
            throw refusal("it has no tickets for this plan as it is now", manifest)
        }
        throw refusal("its tickets are for \(place), and the plan goes to \(wanted.place)", manifest)
    }

    /// When the ticket of `job` expires, in Unix seconds.
    ///
    /// - Throws: ``CommandFailure`` (77) if there is none, or it cannot be used at `now` any more.
    func end(for job: UploadJob, of manifest: PushRun.Manifest, now: Int64) throws(CommandFailure) -> Int64 {
        let key = job.plan.key.text.escapedForDisplay
        do throws(TicketFailure) {
            guard case .json(let target) = job.target else { throw .missing }
            return try tickets.ticket(for: target, key: job.plan.key, now: now).expiry
        } catch {
            let clock = if case .expires = error { ", and it is \(HTTPDate.timestamp(now)) now" } else { "" }
            throw refusal("\(key): \(error.finding)\(clock)", manifest)
        }
    }

    private func refusal(_ finding: String, _ manifest: PushRun.Manifest) -> CommandFailure {
        CommandFailure(
            .credentials,
            "\(path): \(finding); sign '\(manifest.checked.name.escapedForDisplay)' again with cosplan sign")
    }

    /// A mapping of the file; its errors contain no value of it.
    private struct Entry {
        private let mapping: SettingsText.Mapping

        init(_ mapping: SettingsText.Mapping) { self.mapping = mapping }

        /// Whether it says what the tickets behind it are for.
        var isHead: Bool { mapping.fields["tickets"] != nil }

        func wrong(_ message: String) -> SettingsError {
            SettingsError(place: mapping.place, message: message)
        }

        func field(_ name: ByteString) throws(SettingsError) -> String {
            guard let value = mapping.fields[name] else { throw wrong("\(name.text) is missing") }
            return value
        }

        func head() throws(SettingsError) -> (JSONTarget, TicketFile.Purpose) {
            guard try field("tickets") == "1" else {
                throw wrong("tickets is not 1: another version of cosplan wrote it")
            }
            let (region, appID, bucket) = (try field("region"), try field("appid"), try field("bucket"))
            let target: JSONTarget
            do throws(TargetFieldError) {
                target = try JSONTarget(
                    region: Region(region), appID: AppID(text: appID), bucket: Bucket(bucket))
            } catch {
                throw wrong("its \(error.field) is none")
            }
            return (target, TicketFile.Purpose(plan: try field("plan"), target: target))
        }

        func ticket(for target: JSONTarget) throws(SettingsError) -> (ObjectKey, Ticket) {
            let (keyText, text) = (try field("key"), try field("ticket"))
            let key: ObjectKey
            do throws(ObjectKeyError) { key = try ObjectKey(keyText) } catch {
                throw wrong("its key is none")
            }
            do throws(TicketTextError) {
                return (key, try Ticket(text, for: target, key: key))
            } catch {
                throw wrong(error.description)
            }
        }
    }
}

extension PushRun {
    /// Checks that every file that is to be uploaded has a ticket that can be used.
    ///
    /// - Parameters:
    ///   - limit: the limit on the rate, in bytes per second.
    ///   - isDone: whether a file need not be uploaded.
    /// - Returns: what watches the tickets' end during the upload; nil if no tickets are used.
    /// - Throws: ``CommandFailure`` (77) that names the first file without such a ticket.
    func checkTickets(limit: Int64?, isDone: (UploadJob) -> Bool) throws -> TicketWatch? {
        guard let supply else { return nil }
        let now = Int64(time(nil))
        var watch: TicketWatch?
        try withFileFailures {
            var chosen = chosenFiles
            for manifest in manifests {
                let files = try manifest.checked.files()
                while let entry = try chosen.next(of: files) {
                    let job = job(entry, of: manifest)
                    guard !isDone(job) else { continue }
                    let end = try supply.end(for: job, of: manifest, now: now)
                    watch = TicketWatch(
                        end: min(watch?.end ?? end, end),
                        totalBytes: (watch?.totalBytes ?? 0).addingClamped(job.plan.fileSize), limit: limit)
                }
            }
        }
        return watch
    }
}
