import COSUpload
import PlanCore

extension VerifyReport {
    /// The result for one file.
    struct RemoteFile: Codable {
        var path: String
        var key: String
        /// The URL of the query.
        var url: String
        /// The line of the entry in a manifest; absent for a receipt.
        var line: Int?
        var filesize: Int64
        /// `same`, `differs`, `missing`, `cannot tell` or `failed`.
        var result: String
        /// What agrees or differs: `size` or a digest's name.
        var by: String?
        /// The expected value, if it differs.
        var planned: String?
        /// The value found, if it differs.
        var found: String?
        /// Why the file cannot be compared and what would help, or why the query failed.
        var message: String?
    }

    /// The number of files by result.
    struct RemoteCounts: Codable {
        var same = 0
        var differs = 0
        var missing = 0
        var cannotTell = 0
        var failed = 0
        /// How many of ``failed`` did not go up, according to the receipt; they are not asked for.
        var notUploaded = 0

        /// The number of files with a result.
        var told: Int { differs + missing + cannotTell + same + failed }
        /// The number of files that differ, are missing, cannot be compared or did not go up.
        var notSame: Int { differs + missing + cannotTell + notUploaded }
        /// The number of files whose query failed.
        var unanswered: Int { failed - notUploaded }

        /// What the results come to.
        var verdict: ManifestVerdict {
            if differs + missing + notUploaded > 0 { return .remoteDiffers }
            if cannotTell > 0 { return .remoteUnknown }
            return unanswered > 0 ? .unanswered : .ok
        }

        /// For example `2 of 4 files the same, 1 differs, 1 missing`.
        func summary(of files: Int) -> String {
            let rest = [
                (differs, differs == 1 ? "differs" : "differ"), (missing, "missing"),
                (cannotTell, "cannot be told"), (notUploaded, "failed to go up"),
                (unanswered, "not answered"),
                (files - told, "not asked for: interrupted"),
            ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
            let none = notUploaded > 0 && notUploaded == files ? "; the receipt has no file that went up" : ""
            return (["\(same) of \(counted(files, "file")) the same"] + rest).joined(separator: ", ") + none
        }
    }
}

extension VerifyReport.RemoteFile {
    /// A file of a receipt that did not go up.
    init(_ failed: ReceiptContents.FailedUpload) {
        let object = failed.object
        path = object.path.text
        key = object.key.text
        url = (try? object.target.url(of: object.key)) ?? ""  // As below.
        filesize = object.fileSize
        result = "failed"
        message = RemoteText.words(failed)
    }

    init(_ result: AuditResult, line: Int?, record: String) {
        let object = result.object
        path = object.path.text
        key = object.key.text
        // Without a URL the query failed, with a message of its own.
        url = (try? object.target.url(of: object.key)) ?? ""
        self.line = line
        filesize = object.fileSize
        switch result.finding {
        case .success(.same(let digest)):
            self.result = "same"
            by = digest?.kind.rawValue ?? "size"
        case .success(.differs(let difference)):
            self.result = "differs"
            by = RemoteText.name(difference)
            (planned, found) = RemoteText.values(difference)
        case .success(.missing): self.result = "missing"
        case .success(.cannotTell(let reason)):
            self.result = "cannot tell"
            message = RemoteText(object: object, record: record).words(reason)
        case .failure(let failure):
            self.result = "failed"
            message = failure.line(path: object.path, key: object.key, at: object.target)
        }
    }
}
