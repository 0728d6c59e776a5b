import ServiceCore

/// A known error code or name of the service: its meaning, and what to do about it.
///
/// **Source**: the service's documentation and the vendor SDKs. Which codes are retried is inferred: no SDK
/// backs off.
package struct ServiceCode: Hashable, Sendable {
    /// Wire `code`; nil if only the name is known.
    package let number: Int64?
    /// The name in `message`; nil if only the number is known.
    package let name: String?
    /// What it means, in a few words.
    package let meaning: String
    /// The reaction of an upload.
    package let reaction: Reaction
    /// What the user can do, if the upload cannot continue.
    package let hint: String

    /// The entry in ``table``: by number, else by a name contained in the message.
    package static func entry(code: Int64, message: String) -> ServiceCode? {
        if let entry = table.first(where: { $0.number == code }) { return entry }
        let text = Array(message.utf8)
        return table.first { entry in
            guard let name = entry.name else { return false }
            return text.contains(name)
        }
    }

    /// 0.
    package static let success = ServiceCode(0, "SUCCESS", "success", .proceed, "nothing")
    /// -96.
    package static let signatureExpired = ServiceCode(
        -96, nil, "signature expired or clock wrong", .signAgain,
        "set this machine's clock, or check the secret id and key")
    /// -133.
    package static let noSuchBucket = ServiceCode(
        -133, nil, "no such bucket", .refuse,
        "check bucket, appid and region (a wrong region shows like this)")
    /// -166.
    ///
    /// Also the reply for an unknown session (inferred).
    package static let indexAbsent = ServiceCode(
        -166, nil, "nothing there by that name or session", .beginAgain, "upload it again")
    /// -168.
    package static let badSHA = ServiceCode(
        -168, nil, "bad sha", .refuse, "check the plan against the file's bytes")
    /// -171.
    package static let badAppType = ServiceCode(
        -171, nil, "bad application type", .refuse, "check that the account still has this API")
    /// -173.
    package static let directoryNotEmpty = ServiceCode(
        -173, nil, "directory not empty", .refuse, "choose another key")
    /// -174.
    package static let shaDiffers = ServiceCode(
        -174, nil, "the object's sha differs from the upload's", .refuse,
        "check the file against the plan; if it is as planned, use another key")
    /// -175.
    package static let sizeDiffers = ServiceCode(
        -175, nil, "the object's size differs from the upload's", .refuse,
        "check the file against the plan; if it is as planned, use another key")
    /// -176.
    package static let bucketExists = ServiceCode(
        -176, nil, "bucket exists", .refuse, "use another bucket name")
    /// -177.
    package static let fileExists = ServiceCode(
        -177, nil, "an object of this key exists", .compare,
        "choose another key, or plan to overwrite")
    /// -178.
    package static let pathConflict = ServiceCode(
        -178, nil, "path conflict between a file and a directory", .refuse, "choose another key")
    /// -179.
    package static let badModeFlag = ServiceCode(-179, nil, "bad mode flag", .refuse, "report this as a bug")
    /// -180.
    package static let badPath = ServiceCode(-180, nil, "bad path", .refuse, "choose another key")
    /// -181.
    package static let storageError = ServiceCode(
        -181, nil, "storage error of the service", .retry, "try again later")
    /// -4019.
    ///
    /// The upload lists the slices that arrived and sends the rest (`Upload+Refusal`, `Upload+Success`).
    package static let unfinishedUpload = ServiceCode(
        -4019, "_ERROR_FILE_NOT_FINISH_UPLOAD", "an unfinished upload exists at this key", .resume,
        "choose another key, or remove it in the console")
    /// -29094.
    package static let finishWithoutSHA = ServiceCode(
        -29094, nil, "finish lacked the sha that init had", .refuse, "report this as a bug")
    /// `ERROR_CMD_FILE_NOTEXIST`.
    package static let fileNotThere = ServiceCode(
        nil, "ERROR_CMD_FILE_NOTEXIST", "nothing there by that name or session", .beginAgain,
        "upload it again")
    /// `ERROR_SAME_FILE_UPLOAD`.
    package static let sameFileUploaded = ServiceCode(
        nil, "ERROR_SAME_FILE_UPLOAD", "the same file was uploaded before", .compare, "choose another key")
    /// `ERROR_PROXY_AUTH_FAILED`.
    package static let signatureRefused = ServiceCode(
        nil, "ERROR_PROXY_AUTH_FAILED", "signature refused", .refuseCredentials, "check the secret id and key"
    )
    /// `ERROR_PROXY_AUTH_APPID`.
    package static let wrongAppID = ServiceCode(
        nil, "ERROR_PROXY_AUTH_APPID", "the signature's appid is wrong", .refuseCredentials,
        "check that appid and secret id belong together")
    /// `PROXY_AUTH_SECRETID_NOEXIST`.
    package static let unknownSecretID = ServiceCode(
        nil, "PROXY_AUTH_SECRETID_NOEXIST", "no such secret id", .refuseCredentials, "check the secret id")
    /// `ERROR_PROXY_AUTH_SIGN_EMPTY`.
    package static let noSignature = ServiceCode(
        nil, "ERROR_PROXY_AUTH_SIGN_EMPTY", "no signature arrived", .refuseCredentials,
        "check that no proxy removes the Authorization header")
    /// `ERROR_CGI_PARAM_MISSING_OP`.
    package static let noOperation = ServiceCode(
        nil, "ERROR_CGI_PARAM_MISSING_OP", "no op arrived", .refuse,
        "check that no proxy changes request bodies")
    /// `ERROR_CMD_BACKEND_NETWORK`.
    package static let backendNetwork = ServiceCode(
        nil, "ERROR_CMD_BACKEND_NETWORK", "network error inside the service", .retry,
        "try again later")

    /// All entries.
    package static let table: [ServiceCode] = [
        success, signatureExpired, noSuchBucket, indexAbsent, badSHA, badAppType, directoryNotEmpty,
        shaDiffers,
        sizeDiffers, bucketExists, fileExists, pathConflict, badModeFlag, badPath, storageError,
        unfinishedUpload, finishWithoutSHA, fileNotThere, sameFileUploaded, signatureRefused, wrongAppID,
        unknownSecretID, noSignature, noOperation, backendNetwork,
    ]

    private init(_ number: Int64?, _ name: String?, _ meaning: String, _ reaction: Reaction, _ hint: String) {
        self.number = number
        self.name = name
        self.meaning = meaning
        self.reaction = reaction
        self.hint = hint
    }
}

extension [UInt8] {
    /// Whether the ASCII bytes of `word` occur in these bytes.
    fileprivate func contains(_ word: String) -> Bool {
        let wanted = Array(word.utf8)
        guard count >= wanted.count else { return false }
        return (0...(count - wanted.count)).contains { self[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}
