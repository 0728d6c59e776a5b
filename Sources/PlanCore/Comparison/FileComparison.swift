/// What tells one plan of a file from another: its fields, and which bytes differ as far as the digests tell.
public struct FileComparison: Hashable, Sendable {
    /// Fields that differ, in the order in which a manifest writes them.
    public let fields: [FieldDifference]
    /// Whether the two files hold the same bytes: equal sizes and equal `sha`.
    public let hasSameContent: Bool
    /// Where their bytes differ; empty where they are the same. **Shape**: ascending, not touching where they
    /// are alike in ``ChangedRange/isCertain``.
    public let ranges: [ChangedRange]
    /// Parts whose digests differ although the files are the same: one of the plans is damaged.
    public let contradictingParts: Int

    /// Compares two plans. **Cost**: one pass over the parts of both.
    public init(from old: PlannedFile, to new: PlannedFile) {
        fields = Self.fields(old, new)
        hasSameContent = old.fileSize == new.fileSize && old.sha == new.sha
        let segments = Segments(old, new)
        ranges = hasSameContent ? [] : segments.changedRanges
        contradictingParts = hasSameContent ? segments.contradictions : 0
    }

    /// Whether nothing differs.
    public var isEmpty: Bool { fields.isEmpty && hasSameContent && contradictingParts == 0 }

    private static func fields(_ old: PlannedFile, _ new: PlannedFile) -> [FieldDifference] {
        var found: [FieldDifference] = []
        func compare(_ name: String, _ before: String?, _ after: String?) {
            guard before.map({ ByteString($0) }) != after.map({ ByteString($0) }) else { return }
            found.append(FieldDifference(name: name, old: before, new: after))
        }
        compare("key", old.key.text, new.key.text)
        compare("filesize", String(old.fileSize), String(new.fileSize))
        compare("sha", old.sha.hex, new.sha.hex)
        for kind in ChecksumKind.allCases {
            compare(kind.rawValue, old.checksums[kind]?.text, new.checksums[kind]?.text)
        }
        compare("slice_size", String(old.sliceSize.bytes), String(new.sliceSize.bytes))
        compare("insertOnly", String(old.insertOnly.rawValue), String(new.insertOnly.rawValue))
        compare("biz_attr", old.bizAttr.text, new.bizAttr.text)
        if old.parts.count > 1 || new.parts.count > 1 {
            compare("part size", String(old.partLayout.pieceSize), String(new.partLayout.pieceSize))
        }
        if !old.parts.isEmpty, !new.parts.isEmpty {
            compare("sha1 of parts", sha1s(old), sha1s(new))
        }
        return found
    }

    private static func sha1s(_ plan: PlannedFile) -> String {
        let count = plan.parts.count { $0.sha1 != nil }
        return count == plan.parts.count ? "all" : count == 0 ? "none" : "\(count) of \(plan.parts.count)"
    }
}

/// A field that is not the same in two plans.
public struct FieldDifference: Hashable, Sendable {
    /// Its name in a manifest.
    public let name: String
    /// What it was; nil where it was not there.
    public let old: String?
    /// What it is; nil where it is not there.
    public let new: String?

    /// `name` was `old` and is `new`.
    package init(name: String, old: String?, new: String?) {
        self.name = name
        self.old = old
        self.new = new
    }
}

/// A run of bytes that is not the same in two files.
public struct ChangedRange: Hashable, Sendable {
    /// The bytes; where the files' sizes differ, the last one ends with the longer file.
    public let range: ByteRange
    /// Whether bytes in it differ for certain; not so behind the first difference where no digest of just
    /// these bytes is in both plans.
    public let isCertain: Bool

    /// The bytes `range`.
    package init(_ range: ByteRange, isCertain: Bool) {
        self.range = range
        self.isCertain = isCertain
    }
}

/// Two plans of a file cut at the boundaries that both have.
private struct Segments {
    private enum Verdict { case same, different, unknown }

    private let old: PlannedFile
    private let new: PlannedFile

    init(_ old: PlannedFile, _ new: PlannedFile) {
        self.old = old
        self.new = new
    }

    /// The segments' verdicts, with neighbours of one verdict joined.
    var changedRanges: [ChangedRange] {
        var ranges: [ChangedRange] = []
        forEach { range, verdict in
            guard verdict != .same else { return }
            let isCertain = verdict == .different
            if let last = ranges.last, last.isCertain == isCertain, last.range.end == range.offset {
                let joined = ByteRange(offset: last.range.offset, length: last.range.length + range.length)
                ranges[ranges.count - 1] = ChangedRange(joined, isCertain: isCertain)
            } else {
                ranges.append(ChangedRange(range, isCertain: isCertain))
            }
        }
        return ranges
    }

    /// How many parts with equal bytes have digests that differ.
    var contradictions: Int {
        guard old.partLayout == new.partLayout, old.datashaKind == new.datashaKind else {
            var count = 0
            forEach { _, verdict in if verdict == .different { count += 1 } }
            return count
        }
        return zip(old.parts, new.parts).count { before, after in
            before.datasha != after.datasha
                || (before.sha1 != nil && after.sha1 != nil && before.sha1 != after.sha1)
        }
    }

    /// Calls `body` with every run between two boundaries that both plans have, from the start to the longer
    /// file's end.
    private func forEach(_ body: (ByteRange, Verdict) -> Void) {
        var (left, right) = (old.parts[...], new.parts[...])
        var start: Int64 = 0
        var startIsSame = true
        while !left.isEmpty || !right.isEmpty {
            let (first, second) = (left, right)
            let end = takeSegment(&left, &right)
            let (ours, theirs) = (
                first.prefix(first.count - left.count), second.prefix(second.count - right.count)
            )
            let verdict = verdict(ours, theirs, startIsSame: startIsSame)
            body(ByteRange(offset: start, length: end - start), verdict.ofBytes)
            startIsSame = verdict.endIsSame
            start = end
        }
    }

    /// Takes parts from both until both have ended at one boundary, or are at an end; where that is.
    private func takeSegment(_ left: inout ArraySlice<Part>, _ right: inout ArraySlice<Part>) -> Int64 {
        var (leftEnd, rightEnd): (Int64?, Int64?) = (nil, nil)
        while true {
            if leftEnd == nil || leftEnd ?? 0 < rightEnd ?? 0, let part = left.popFirst() {
                leftEnd = part.range.end
            } else if rightEnd == nil || rightEnd ?? 0 < leftEnd ?? 0, let part = right.popFirst() {
                rightEnd = part.range.end
            } else {
                return max(leftEnd ?? 0, rightEnd ?? 0)
            }
            if let leftEnd, leftEnd == rightEnd { return leftEnd }
        }
    }

    /// What the digests tell of one segment, and whether both files have the same bytes up to its end.
    private func verdict(
        _ ours: ArraySlice<Part>, _ theirs: ArraySlice<Part>, startIsSame: Bool
    ) -> (ofBytes: Verdict, endIsSame: Bool) {
        guard let last = ours.last, let other = theirs.last, last.range.end == other.range.end else {
            return (.different, false)
        }
        if ours.count == 1, theirs.count == 1, let before = plain(last, of: old),
            let after = plain(other, of: new)
        {
            let isSame = before == after
            return (isSame ? .same : .different, startIsSame && isSame)
        }
        guard let before = state(after: last, of: old), let after = state(after: other, of: new) else {
            return (.unknown, false)
        }
        if startIsSame { return before == after ? (.same, true) : (.different, false) }
        return before == after ? (.unknown, true) : (.unknown, false)
    }

    /// The SHA-1 of a part's own bytes, where the plan has it.
    private func plain(_ part: Part, of plan: PlannedFile) -> Digest? {
        part.sha1 ?? (plan.datashaKind == .part || plan.parts.count == 1 ? part.datasha : nil)
    }

    /// What stands for all bytes up to a part's end, where the plan has it: the running state, at the file's
    /// end its sha.
    private func state(after part: Part, of plan: PlannedFile) -> Digest? {
        guard part.range.end != plan.fileSize else { return old.fileSize == new.fileSize ? plan.sha : nil }
        return plan.datashaKind == .state ? part.datasha : nil
    }
}
