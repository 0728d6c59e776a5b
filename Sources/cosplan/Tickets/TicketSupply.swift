import COSProtocol
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore

/// The tickets of a file, checked against the plans that they are used for.
struct TicketSupply {
    /// By object.
    let tickets: Tickets
    /// When the first ticket that is used expires; nil if none is used.
    ///
    /// **Unit**: Unix seconds.
    let end: Int64?
    /// The file that they are from.
    let node: FileNode?

    /// Reads the file at `path`, which its owner alone may use, for the files of `manifests` that `choice` selects.
    ///
    /// - Throws: ``CommandFailure``: 64 for a target of another API, 66 if the file is missing, 77 if others may use it or a
    ///   ticket is missing or expired, 78 if it is no file of tickets.
    init(
        path: String, for manifests: [PushRun.Manifest], _ choice: FileChoice, now: Int64
    ) throws {
        for target in manifests.flatMap(\.targets.targets) { try Self.check(target.api) }
        let content = try Content(path: path)
        tickets = content.tickets
        node = content.node
        var end: Int64?
        for manifest in manifests {
            let targets = manifest.targets.targets.compactMap(\.json)
            for target in targets { try content.check(target, of: manifest) }
            try withFileFailures {
                let files = try manifest.checked.files()
                while let entry = try choice.next(of: files) {
                    let ticket = try content.ticket(for: entry, targets[entry.documentIndex], manifest, now)
                    end = min(end ?? ticket.expiry, ticket.expiry)
                }
            }
        }
        self.end = end
    }

    /// Refuses an API that has no tickets.
    ///
    /// - Throws: ``CommandFailure`` (64).
    static func check(_ api: ServiceAPI) throws(CommandFailure) {
        guard api != .json else { return }
        throw CommandFailure(
            .usage,
            "the API \(api.rawValue) has no tickets: an offline signature cannot bind the upload's id or its content; "
                + "use temporary credentials")
    }

    /// What a file holds.
    private struct Content {
        private let path: String
        private var purposes: Set<TicketFile.Purpose> = []
        private(set) var tickets = Tickets()
        private(set) var node: FileNode?

        init(path: String) throws {
            self.path = path.escapedForDisplay
            let source = try withFileFailures { try PrivateFile.source(ByteString(path)) }
            node = source.node
            do {
                try withFileFailures { try read(source) }
            } catch let error as SettingsError {
                throw CommandFailure(.configuration, "\(self.path): \(error); sign again: cosplan sign")
            }
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
        func check(_ target: JSONTarget, of manifest: PushRun.Manifest) throws(CommandFailure) {
            let wanted = TicketFile.Purpose(plan: manifest.sha256, target: target)
            guard !purposes.contains(wanted) else { return }
            let places = purposes.filter { $0.plan == manifest.sha256 }.map(\.place).sorted()
            guard let place = places.first else {
                throw refusal("it has no tickets for this plan as it is now", manifest)
            }
            throw refusal("its tickets are for \(place), and the plan goes to \(wanted.place)", manifest)
        }

        func ticket(
            for entry: ManifestFile, _ target: JSONTarget, _ manifest: PushRun.Manifest, _ now: Int64
        ) throws(CommandFailure) -> Ticket {
            do throws(TicketFailure) {
                return try tickets.ticket(for: target, key: entry.file.key, now: now)
            } catch {
                let key = entry.file.key.text.escapedForDisplay
                let clock =
                    if case .expires = error { ", and it is \(HTTPDate.timestamp(now)) now" } else { "" }
                throw refusal("\(key): \(error.finding)\(clock)", manifest)
            }
        }

        private func refusal(_ finding: String, _ manifest: PushRun.Manifest) -> CommandFailure {
            CommandFailure(
                .credentials,
                "\(path): \(finding); sign again: cosplan sign '\(manifest.checked.name.escapedForDisplay)'")
        }
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

extension Target {
    /// The target, if it is of the JSON API.
    fileprivate var json: JSONTarget? {
        switch self {
        case .json(let target): target
        case .xml, .s3: nil
        }
    }
}
