import PlanCore
import ServiceCore

/// Generates the ids of requests, sessions and tasks.
enum RequestIdentity {
    /// A `request_id`: base64 of time and random text, like the service's.
    static func requestID(now: Int64) -> String {
        Base64.encoded(Array("\(UInt32(truncatingIfNeeded: now).hexDigits)_\(random(8))_\(random(4))".utf8))
    }

    /// A session id: 128 random bits, so that it cannot be guessed.
    ///
    /// It is also a folder name.
    static func session() -> String { random(32) }

    /// A `vid`: random text and the time.
    static func vid(now: Int64) -> String { "\(random(32))\(now)" }

    private static func random(_ digits: Int) -> String {
        var text = ""
        var generator = SystemRandomNumberGenerator()
        while text.utf8.count < digits { text += generator.next().hexDigits }
        return String(text.prefix(digits))
    }
}
