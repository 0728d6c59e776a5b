/// What an upload does after a service's reply, in any API.
package enum Reaction: String, Hashable, Sendable, CaseIterable {
    /// Continue.
    case proceed
    /// Retry after a pause.
    case retry
    /// Retry once with a new signature and the clock corrected.
    case signAgain
    /// Reload the credentials and retry once: temporary credentials have expired.
    case renewCredentials
    /// List what arrived of the unfinished upload.
    case resume
    /// Query the object at the key and compare it with the plan.
    case compare
    /// Start again once: the session or the unfinished upload is unknown to the service.
    case beginAgain
    /// Fail: a retry would not help.
    case refuse
    /// Fail: the credentials are wrong.
    case refuseCredentials
    /// Fail: the client is misconfigured.
    case refuseConfiguration

    /// Whether the credentials, the clock or the configuration are refused, which other requests have, too.
    package var isAboutClient: Bool {
        switch self {
        case .signAgain, .renewCredentials, .refuseCredentials, .refuseConfiguration: true
        case .proceed, .retry, .resume, .compare, .beginAgain, .refuse: false
        }
    }
}
