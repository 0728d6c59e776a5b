import Foundation

/// Runs what Foundation reports to its delegate at once, on Foundation's own queue.
///
/// A class, as URLSession demands. For guarded exchanges, whose delegate only learns that they have ended and
/// calls nothing of Foundation's: another thread would have to be woken for every report.
final class ImmediateQueue: OperationQueue, @unchecked Sendable {
    override func addOperation(_ block: @escaping @Sendable () -> Void) { block() }
}
