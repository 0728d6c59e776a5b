/// What an upload does about a service's answer, whatever the API.
public enum Reaction: String, Hashable, Sendable, CaseIterable {
    /// Go on.
    case proceed
    /// Ask again after a pause.
    case retry
    /// Ask once more with a fresh signature and the clock corrected.
    case signAgain
    /// Read the credentials again and ask once more: a temporary pair has expired.
    case renewCredentials
    /// Ask what arrived of the unfinished upload.
    case resume
    /// Ask what is at the key and compare it with the plan.
    case compare
    /// Begin again once: the session or the unfinished upload is no longer known.
    case beginAgain
    /// Give up: asking again changes nothing.
    case refuse
    /// Give up: the credentials are wrong.
    case refuseCredentials
    /// Give up: a setting on this side is wrong.
    case refuseConfiguration
}
