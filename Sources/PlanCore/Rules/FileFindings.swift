/// What ``FileRules`` found in one entry of `files`.
///
/// A file that contradicts itself in its digests alone can still be planned, so that its bytes can be
/// checked.
package struct FileFindings: Sendable {
    /// The entry.
    package let file: ParsedFile
    /// Broken rules that do not depend on what `datasha` is, in the order they were found.
    package private(set) var problems: [Problem] = []
    /// `filesize`, if slicing is not meant for files so small (``Rule/slicingThreshold``).
    package private(set) var smallFileSize: Located<Int64>?
    /// The part size, if the vendor's SDKs do not agree on it (``Rule/commonPartSize``).
    package private(set) var uncommonPartSize: Located<Int64>?

    private var path: LocalPath?
    private var key: ObjectKey?
    private var sliceSize: SliceSize?
    private var insertOnly = InsertOnly.refuse
    private var partSize: Int64?

    /// Files of up to so many bytes are small: 20 MB. **Source**: the init page.
    package static let smallFile: Int64 = 20_971_520

    init(_ file: ParsedFile) {
        self.file = file
    }

    mutating func report(_ rule: Rule, at place: Place, _ message: String) {
        problems.append(Problem(rule, at: place, message))
    }

    /// The file as it will go up, if every field is there and its structure breaks no rule.
    ///
    /// Digests may contradict each other: ``digestProblems(as:)`` tells. **Cost**: copies the parts.
    package func plannedFile(as kind: DatashaKind) -> PlannedFile? {
        guard isSound, let path, let key, let sliceSize, let partSize, let sha = file.sha,
            let fileSize = file.fileSize, let parsed = file.parts
        else { return nil }
        var parts: [Part] = []
        parts.reserveCapacity(parsed.value.count)
        for part in parsed.value {
            guard let offset = part.offset, let length = part.dataLength, let datasha = part.datasha
            else { return nil }
            parts.append(
                Part(
                    range: ByteRange(offset: offset.value, length: length.value), datasha: datasha.value,
                    sha1: part.sha1?.value))
        }
        let layout = Layout(fileSize: fileSize.value, pieceSize: partSize)
        guard layout.count == parts.count else { return nil }
        return PlannedFile(
            path: path, key: key, sha: sha.value, checksums: Checksums(file.checksums.lazy.map(\.value)),
            sliceSize: sliceSize, insertOnly: insertOnly,
            bizAttr: file.bizAttr?.value ?? "", datashaKind: kind, partLayout: layout, parts: parts)
    }

    /// Whether every required field is there and no rule about the structure is broken.
    package var isSound: Bool {
        guard path != nil, key != nil, sliceSize != nil, partSize != nil, file.sha != nil,
            file.fileSize != nil, let parts = file.parts, file.hasAllParts
        else { return false }
        return !problems.contains { $0.severity == .error && $0.rule != .emptyFile }
            && parts.value.allSatisfy { $0.offset != nil && $0.dataLength != nil && $0.datasha != nil }
    }
}

extension FileFindings {
    mutating func checkFields(allowOutside: Bool) {
        if let path = file.path {
            do throws(LocalPathError) {
                self.path = try LocalPath(path.value, allowOutside: allowOutside)
            } catch {
                report(.path, at: path.place, error.description)
            }
        }
        if let key = file.key {
            do throws(ObjectKeyError) {
                self.key = try ObjectKey(key.value)
            } catch {
                report(.key, at: key.place, error.description)
            }
        }
        if let sliceSize = file.sliceSize {
            do throws(SliceSizeError) {
                self.sliceSize = try SliceSize(bytes: sliceSize.value)
            } catch {
                report(.sliceSize, at: sliceSize.place, error.description)
            }
        }
        if let insertOnly = file.insertOnly {
            if let known = InsertOnly(rawValue: insertOnly.value) {
                self.insertOnly = known
            } else {
                report(
                    .insertOnly, at: insertOnly.place,
                    "insertOnly \(insertOnly.value) is neither 0 (replace) nor 1 (refuse to replace)")
            }
        }
        checkFileSize()
    }

    private mutating func checkFileSize() {
        guard let fileSize = file.fileSize else { return }
        if fileSize.value < 0 {
            report(.fileSize, at: fileSize.place, "filesize \(fileSize.value) is negative")
        } else if fileSize.value == 0 {
            checkEmptiness(saidIn: fileSize.place.line)
        } else if fileSize.value <= Self.smallFile {
            smallFileSize = fileSize
        }
    }

    private mutating func checkEmptiness(saidIn line: Int) {
        if let sha = file.sha, sha.value != .ofNoBytes {
            report(
                .emptyFile, at: sha.place,
                "sha \(sha.value) is not that of an empty file, \(Digest.ofNoBytes), as filesize (line \(line)) says"
            )
        }
        for checksum in file.checksums {
            let (found, kind) = (checksum.value, checksum.value.kind)
            let expected = Checksum.ofNoBytes(kind)
            guard found != expected else { continue }
            report(
                .emptyFile, at: checksum.place,
                "\(kind) \(found.text) is not that of an empty file, \(expected.text), as filesize (line \(line)) says"
            )
        }
    }

    /// Offsets and lengths, part by part.
    mutating func checkParts(_ parts: [ParsedPart]) {
        let common = commonLength(of: parts)
        partSize = common?.value
        if let common, parts.count > 1, common.value % 64 != 0 {
            report(
                .partBoundary, at: common.place,
                "datalen \(common.value) is not a multiple of 64; SHA-1 has no running state there")
        }
        checkCommonness(of: common, in: parts)
        var expected: Int64? = 0
        var previous: ParsedPart?
        for (index, part) in parts.enumerated() {
            if let offset = part.offset, let expected, offset.value != expected {
                report(.partOffset, at: offset.place, offsetMessage(offset.value, expected, after: previous))
            }
            if let length = part.dataLength {
                let isLast = index == parts.count - 1 && file.hasAllParts
                checkLength(length, isLast: isLast, common: parts.count > 1 ? common : nil)
            }
            expected = end(of: part, beginningAt: part.offset?.value ?? expected)
            previous = part
        }
    }

    private func end(of part: ParsedPart, beginningAt offset: Int64?) -> Int64? {
        guard let offset, let length = part.dataLength?.value else { return nil }
        let (end, overflow) = offset.addingReportingOverflow(length)
        return overflow ? nil : end
    }

    private func offsetMessage(_ found: Int64, _ expected: Int64, after previous: ParsedPart?) -> String {
        guard let previous else { return "offset \(found) of the first part is not 0" }
        return "offset \(found) is not \(expected), where the part before (line \(previous.place.line)) ends"
    }

    private mutating func checkLength(_ length: Located<Int64>, isLast: Bool, common: Located<Int64>?) {
        if length.value <= 0 {
            report(.partLength, at: length.place, "datalen \(length.value) is not positive")
        } else if let common, !isLast, length.value != common.value {
            report(
                .partLength, at: length.place,
                "datalen \(length.value) is not \(common.value), as in the other parts "
                    + "(line \(common.place.line)); only the last may be shorter")
        } else if let common, isLast, length.value > common.value {
            report(
                .partLength, at: length.place,
                "datalen \(length.value) of the last part is longer than the others' \(common.value) "
                    + "(line \(common.place.line))")
        }
    }

    /// The length most parts before the last have; of a file of one part, a part size that fits it.
    private func commonLength(of parts: [ParsedPart]) -> Located<Int64>? {
        guard let last = parts.last else {
            return file.parts.map { Located(Int64(1_048_576), at: $0.place) }
        }
        guard parts.count > 1 else {
            return last.dataLength.map { length in
                let standard = sliceSize.map { PartSize(for: $0).bytes } ?? PartSize(for: .standard).bytes
                return Located(max(length.value, standard), at: length.place)
            }
        }
        var candidate: Located<Int64>?
        var votes = 0
        for case let length? in parts.dropLast().lazy.map(\.dataLength) where length.value > 0 {
            if votes == 0 {
                candidate = candidate?.value == length.value ? candidate : length
                votes = 1
            } else {
                votes += length.value == candidate?.value ? 1 : -1
            }
        }
        return candidate
    }

    private mutating func checkCommonness(of common: Located<Int64>?, in parts: [ParsedPart]) {
        guard let common, let first = parts.first else { return }
        let agreed: Bool =
            parts.count == 1
            ? (first.dataLength?.value ?? 0) <= 1_048_576
            : common.value == 1_048_576
                || (common.value < 1_048_576 && common.value == file.sliceSize?.value)
        if !agreed { uncommonPartSize = common }
    }

    /// What the parts say together against `filesize`.
    mutating func checkTotals(_ parts: Located<[ParsedPart]>) {
        guard let fileSize = file.fileSize, fileSize.value >= 0, file.hasAllParts else { return }
        let found = parts.value.count
        let needed: Int
        if fileSize.value == 0 {
            needed = 0
        } else if found <= 1 {
            needed = 1
        } else if let partSize, partSize > 0 {
            needed = Layout(fileSize: fileSize.value, pieceSize: partSize).count
        } else {
            needed = found
        }
        if needed != found {
            report(
                .partCount, at: fileSize.place,
                "filesize \(fileSize.value) needs \(counted(needed, "part")), uploadparts (line "
                    + "\(parts.place.line)) has \(found)")
        }
        checkSum(parts.value, against: fileSize)
        let ranges = parts.value.lazy.map {
            ByteRange(offset: $0.offset?.value ?? 0, length: $0.dataLength?.value ?? 0)
        }
        let json = UploadParts.jsonLength(of: ranges)
        if json > 1_048_576 {
            report(
                .initBodySize, at: parts.place,
                "uploadparts is \(json) bytes of JSON in one form field of the init request")
        }
    }

    private mutating func checkSum(_ parts: [ParsedPart], against fileSize: Located<Int64>) {
        guard let first = parts.first, let last = parts.last else { return }
        var sum: Int64 = 0
        for part in parts {
            guard let length = part.dataLength?.value, length > 0 else { return }
            let (next, overflow) = sum.addingReportingOverflow(length)
            sum = overflow ? .max : next
        }
        guard sum != fileSize.value else { return }
        let lines =
            first.place.line == last.place.line
            ? "line \(first.place.line)" : "lines \(first.place.line) to \(last.place.line)"
        report(
            .partSum, at: fileSize.place,
            "filesize \(fileSize.value) is not the sum of all datalen, \(sum) (\(lines))")
    }
}

private func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
