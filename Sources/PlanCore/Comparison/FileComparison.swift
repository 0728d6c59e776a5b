/// The difference between two plans of a file: fields, and byte ranges as far as the digests tell.
package struct FileComparison: Hashable, Sendable {
    /// Fields that differ, in the order of a manifest.
    package let fields: [FieldDifference]
    /// Whether the two files have the same content: equal size and `sha`.
    package let hasSameContent: Bool
    /// The ranges that differ; empty if the content is the same.
    ///
    /// **Shape**: ascending; adjacent ranges with the same ``ChangedRange/isCertain`` are merged.
    package let ranges: [ChangedRange]
    /// The number of parts whose digests differ although the content is the same: one of the plans is
    /// damaged.
    package let contradictingParts: Int

    /// Compares two plans.
    ///
    /// **Cost**: one pass over the parts of both.
    package init(from old: PlannedFile, to new: PlannedFile) {
        fields = Self.fields(old, new)
        hasSameContent = old.fileSize == new.fileSize && old.sha == new.sha
        let segments = Segments(old, new)
        ranges = hasSameContent ? [] : segments.changedRanges
        contradictingParts = hasSameContent ? segments.contradictions : 0
    }

    /// Whether the plans are equivalent.
    package var isEmpty: Bool { fields.isEmpty && hasSameContent && contradictingParts == 0 }

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

/// A field that differs between two plans.
package struct FieldDifference: Hashable, Sendable {
    /// The field's name in a manifest.
    package let name: String
    /// The old value; nil if it was absent.
    package let old: String?
    /// The new value; nil if it is absent.
    package let new: String?

    /// Creates a difference of the field `name`.
    package init(name: String, old: String?, new: String?) {
        self.name = name
        self.old = old
        self.new = new
    }
}

/// A range of bytes that differs between two files.
package struct ChangedRange: Hashable, Sendable {
    /// The range.
    ///
    /// If the sizes differ, the last range ends with the longer file.
    package let range: ByteRange
    /// Whether it is certain that bytes in it differ.
    ///
    /// After the first difference this is uncertain where the plans have no digest of exactly these bytes in
    /// common.
    package let isCertain: Bool

    /// Creates a changed range.
    package init(_ range: ByteRange, isCertain: Bool) {
        self.range = range
        self.isCertain = isCertain
    }
}

/// Two plans of a file, divided at the boundaries they have in common.
private struct Segments {
    private enum Verdict { case same, different, unknown }

    private let old: PlannedFile
    private let new: PlannedFile

    init(_ old: PlannedFile, _ new: PlannedFile) {
        self.old = old
        self.new = new
    }

    /// The segments that differ or may differ; adjacent ones with the same verdict are merged.
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

    /// The number of parts with equal bytes whose digests differ.
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

    /// Calls `body` with every segment between two common boundaries, from the start to the end of the longer
    /// file.
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

    /// Takes parts of both plans up to the next common boundary, or to the end; returns its offset.
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

    /// The verdict on one segment, and whether both files are equal up to its end.
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

    /// The SHA-1 of a part's own bytes, if the plan has it.
    private func plain(_ part: Part, of plan: PlannedFile) -> Digest? {
        part.sha1 ?? (plan.datashaKind == .part || plan.parts.count == 1 ? part.datasha : nil)
    }

    /// The digest of all bytes up to a part's end, if the plan has it: the running state, or at the file's
    /// end its sha.
    private func state(after part: Part, of plan: PlannedFile) -> Digest? {
        guard part.range.end != plan.fileSize else { return old.fileSize == new.fileSize ? plan.sha : nil }
        return plan.datashaKind == .state ? part.datasha : nil
    }
}
