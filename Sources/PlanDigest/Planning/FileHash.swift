import PlanCore
import PlanFiles

/// One file on its way to a plan: its running state from front to back, and its parts' own digests where the
/// lane's second state carries them.
///
/// A class, because it owns its windows and its results. One thread drives it.
final class FileHash: LaneWork {
    /// The request's place among the requests.
    let index: Int
    let source: DigestSource
    /// How the digests cut the file.
    let layout: Layout
    /// The parts' own digests, those that other threads hash too.
    let partDigests: PartDigests?
    /// Parts before this one get their own digest from another thread.
    var partsGivenAway = 0
    /// Asked where a part begins, whether another thread takes the digests of some parts from there on; it
    /// answers how many parts.
    var offer: ((FileHash, Int) -> Int)?
    /// Called when the file is over, well or not.
    var whenOver: ((FileHash) -> Void)?
    /// The digests of the file, once it is over.
    private(set) var result: Result<PlanDigests, DigestError>?

    private let request: PlanRun.Item
    private let reader: WindowReader
    private let progress: DigestProgress?
    private var position: Int64 = 0
    private var reported: Int64 = 0
    private var part = 0
    private var states: [Digest] = []
    private var isStarted = false

    init(
        index: Int, request: PlanRun.Item, source: DigestSource, reader: WindowReader,
        progress: DigestProgress?
    ) {
        self.index = index
        self.request = request
        self.source = source
        self.reader = reader
        self.progress = progress
        layout = Layout(fileSize: source.size, pieceSize: request.partSize.bytes)
        partDigests = request.needsPartDigests(layout) ? PartDigests(count: layout.count) : nil
        states.reserveCapacity(layout.count)
    }

    /// Whether the lane's second state is wanted for the bytes that come next.
    var wantsSecondState: Bool { partDigests != nil && part >= partsGivenAway }

    func next(_ lane: inout Lane) -> Bool {
        report()
        do throws(DigestError) {
            if !isStarted {
                isStarted = true
                lane.state = .initial
                lane.other = .initial
            }
            closePart(&lane)
            offerParts()
            let bodyEnd = layout.fileSize - layout.fileSize % 64
            if position < bodyEnd {
                let partEnd = Int64(part + 1) * layout.pieceSize
                let run = unsafe try reader.bytes(at: position, limit: min(partEnd, bodyEnd) - position)
                unsafe lane.take(run)
                position += Int64(run.count)
                return true
            }
            result = .success(try finish(lane))
        } catch {
            result = .failure(error)
        }
        progress?.hide(index)
        whenOver?(self)
        return false
    }

    /// Gives the coming parts' own digests to another thread, if one has nothing to do.
    private func offerParts() {
        guard let offer, wantsSecondState, position == Int64(part) * layout.pieceSize else { return }
        partsGivenAway = part + offer(self, part)
    }

    /// Notes what the lane has reached if a part ends here and another follows.
    private func closePart(_ lane: inout Lane) {
        guard part + 1 < layout.count, position == Int64(part + 1) * layout.pieceSize else { return }
        states.append(lane.state.datasha)
        if wantsSecondState {
            let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
            partDigests?[part] = unsafe StreamHash.finish(lane.other, length: layout.pieceSize, tail: none)
        }
        lane.other = .initial
        part += 1
    }

    private func finish(_ lane: Lane) throws(DigestError) -> PlanDigests {
        let size = layout.fileSize
        let tail = unsafe try reader.bytes(at: position, limit: size - position)
        let sha = unsafe StreamHash.finish(lane.state, length: size, tail: tail)
        if wantsSecondState {
            let length = layout.range(of: part).length
            partDigests?[part] = unsafe StreamHash.finish(lane.other, length: length, tail: tail)
        }
        position = size
        report()
        try reader.finish()
        if layout.count > 0 { states.append(sha) }
        return PlanDigests(of: source, sha: sha, parts: [])
    }

    /// The result with its parts, once every part has its own digest and nothing is read any more.
    func resultWithParts(otherThreads failure: DigestError?) -> Result<PlanDigests, DigestError> {
        guard let result else { return .failure(.cancelled) }
        if case .success = result {
            if let failure { return .failure(failure) }
            do throws(DigestError) { try source.checkUnchanged() } catch { return .failure(error) }
        }
        return result.map { digest in
            let parts = states.indices.map { index in
                // The only part's own digest is the file's.
                request.part(
                    layout.range(of: index), state: states[index],
                    plain: partDigests?[index] ?? (layout.count == 1 ? digest.sha : nil))
            }
            return PlanDigests(of: source, sha: digest.sha, parts: parts)
        }
    }

    private func report() {
        guard let progress, position > reported else { return }
        progress.add(bytes: position - reported)
        reported = position
        progress.show(index, done: position, size: layout.fileSize)
    }
}

extension PlanRun.Item {
    /// Whether the parts' own digests are more than the file's digest again.
    func needsPartDigests(_ layout: Layout) -> Bool {
        layout.count > 1 && (withPartSHA1 || datashaKind == .part)
    }

    /// A part of the plan from what was computed for it.
    func part(_ range: ByteRange, state: Digest, plain: Digest?) -> Part {
        Part(
            range: range, datasha: datashaKind == .part ? plain ?? state : state,
            sha1: withPartSHA1 ? plain : nil)
    }
}
