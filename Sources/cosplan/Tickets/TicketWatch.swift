import COSProtocol
import COSUpload
import Foundation
import PlanCore

/// Warns once if the tickets expire before the rest can be uploaded.
struct TicketWatch: Sendable {
    /// When the first ticket expires.
    ///
    /// **Unit**: Unix seconds.
    let end: Int64
    /// How much this run is to upload.
    ///
    /// **Unit**: bytes.
    let totalBytes: Int64
    /// The limit on the rate.
    ///
    /// **Unit**: bytes per second.
    let limit: Int64?

    /// The time between two looks at the progress.
    private static let interval = Duration.seconds(10)

    /// Looks at the limit at once, then at the progress, until the task is cancelled or it has warned.
    func run(_ progress: UploadProgress) async {
        let clock = ContinuousClock()
        let begin = clock.now
        while true {
            let snapshot = progress.snapshot
            let seconds = (clock.now - begin) / .seconds(1)
            let rest = totalBytes - snapshot.bytesDone
            if snapshot.bytesSent > 0, seconds > 0 {
                if warn(rest, at: Double(snapshot.bytesSent) / seconds, "at this rate") { return }
            } else if let limit {
                if warn(rest, at: Double(limit), "at --limit-rate") { return }
            }
            do { try await clock.sleep(for: Self.interval) } catch { return }
        }
    }

    /// Whether `rest` bytes take longer than the tickets are valid, which is said then.
    private func warn(_ rest: Int64, at bytesPerSecond: Double, _ rate: String) -> Bool {
        let left = Double(max(0, end - Int64(time(nil)) - TicketFailure.margin))
        let seconds = Double(rest) / bytesPerSecond
        guard rest > 0, seconds > left else { return false }
        Console.standardError.warning(
            "\(rate) the rest takes \(ByteText.duration(seconds: seconds)), and its tickets are valid for "
                + "\(ByteText.duration(seconds: left)); what is not uploaded by then stops, and goes on with new "
                + "tickets: cosplan sign")
        return true
    }
}
