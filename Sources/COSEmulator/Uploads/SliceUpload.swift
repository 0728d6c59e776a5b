import NIOCore
import PlanCore
import Synchronization

/// An unfinished upload of the JSON API.
///
/// A class with a lock, because its slices arrive on several threads.
final class SliceUpload: Sendable {
    /// The session id.
    let id: String
    let plan: UploadPlan
    /// Where the bytes are stored; nil if they are dropped once they are checked.
    let files: UploadFiles?
    let held: MemoryQuota
    let state: Mutex<State>

    enum Phase {
        case open
        case finishing
        case ended
    }

    /// The state that the lock guards.
    struct State {
        var phase = Phase.open
        /// For each slice, whether it arrived.
        var arrived: [Bool]
        var arrivedCount: Int
        /// For each part, whether its digest matched.
        var proven: [Bool]
        /// Slices that contain only some bytes of a part, held until the rest arrives.
        var partial: [Int: [ByteBuffer]] = [:]
        var whole = WholeChain()
        /// How many requests currently carry each slice.
        var inFlight: [Int: Int]

        init(slices: Int, parts: Int, inFlight: [Int: Int] = [:]) {
            arrived = Array(repeating: false, count: slices)
            arrivedCount = 0
            proven = Array(repeating: false, count: parts)
            self.inFlight = inFlight
        }

        /// The number of bytes it holds from ``MemoryQuota``.
        var waitingBytes: Int {
            whole.waitingBytes + partial.values.reduce(0) { $0 + $1.byteCount }
        }
    }

    init(id: String, plan: UploadPlan, files: UploadFiles?, arrived: Set<Int> = [], held: MemoryQuota) {
        self.id = id
        self.plan = plan
        self.files = files
        self.held = held
        var fresh = State(slices: plan.slices.count, parts: plan.digests?.layout.count ?? 0)
        for slice in arrived { fresh.arrived[slice] = true }
        fresh.arrivedCount = arrived.count
        state = Mutex(fresh)
    }

    deinit { state.withLock { held.give($0.waitingBytes) } }

    // MARK: Slices

    /// The slices that arrived, in order.
    var arrived: [ByteRange] {
        let arrived = state.withLock { $0.arrived }
        return arrived.indices.filter { arrived[$0] }.map { plan.slices.range(of: $0) }
    }

    /// Records that a request begins to send a slice; returns the number of slices now in flight.
    ///
    /// - Throws: ``Refusal`` if the session is serial and this is not the next slice.
    func begin(_ slice: Int) throws(Refusal) -> Int {
        try state.withLock { state throws(Refusal) in
            guard state.phase != .ended else { throw .deadSession(id) }
            if plan.isSerial {
                // The same slice again is a retry: the previous request may not have been seen to end.
                guard state.inFlight.keys.allSatisfy({ $0 == slice }) else {
                    throw .form("serial_upload is 1 and another slice is under way")
                }
                let next = state.arrived.firstIndex(of: false) ?? state.arrived.count
                guard slice <= next else {
                    throw .form("serial_upload is 1 and the slice before this one has not arrived")
                }
            }
            state.inFlight[slice, default: 0] += 1
            return state.inFlight.values.reduce(0, +)
        }
    }

    /// Records that a request no longer sends a slice.
    func end(_ slice: Int) {
        state.withLock { state in
            let count = (state.inFlight[slice] ?? 1) - 1
            state.inFlight[slice] = count > 0 ? count : nil
        }
    }

    /// Takes a complete slice; returns whether it is new.
    ///
    /// - Throws: ``Refusal`` if its bytes do not match the plan; the slice then counts as not arrived.
    func commit(_ intake: SliceIntake) throws(Refusal) -> Bool {
        guard intake.length == intake.range.length else {
            throw .form(
                "filecontent has \(intake.length) bytes; the slice at offset \(intake.range.offset) has "
                    + "\(intake.range.length)")
        }
        if let differing = intake.differing { throw partDiffers(differing.part, found: differing.found) }
        return try state.withLock { state throws(Refusal) in
            guard state.phase == .open else { throw .deadSession(id) }
            guard !state.arrived[intake.slice] else { return false }
            try keep(intake, &state)
            state.arrived[intake.slice] = true
            state.arrivedCount += 1
            for part in intake.agreeing { state.proven[part] = true }
            try checkJoinedParts(of: intake.range, &state)
            return true
        }
    }

    /// The refusal of a slice with wrong bytes.
    func partDiffers(_ part: Int, found: Digest?) -> Refusal {
        guard let digests = plan.digests else { return Refusal(.shaDiffers, "no digests were sent") }
        return Refusal(
            .shaDiffers,
            "part \(part) (\(digests.layout.range(of: part))): datasha is \(digests.datashas[part]), its bytes "
                + "give \(found.map { "\($0)" } ?? "none")")
    }

    private func keep(_ intake: SliceIntake, _ state: inout State) throws(Refusal) {
        if let files {
            do throws(StoreError) {
                try files.keep(slice: intake.slice, intake.bytes, at: intake.range.offset)
            } catch { throw .busy("\(error)") }
            return
        }
        let length = Int(intake.range.length)
        let holdsPartly = plan.digests.map { $0.layout.partlyCovered(by: intake.range) } ?? false
        let waits = !plan.partsProveWhole && intake.slice != state.whole.next
        guard !holdsPartly && !waits || held.take((holdsPartly ? length : 0) + (waits ? length : 0)) else {
            throw .busy("too many bytes wait for slices before them; send slice \(state.whole.next) first")
        }
        if holdsPartly { state.partial[intake.slice] = intake.bytes }
        if !plan.partsProveWhole {
            let change = state.whole.take(intake.slice, intake.bytes)
            if change < 0 { held.give(-change) }
        }
    }
}
