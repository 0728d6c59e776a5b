/// The rules about how parts divide a file.
extension FileFindings {
    /// Checks offsets and lengths, part by part.
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

    /// The length that most parts before the last have; for a file of one part, a part size that fits it.
    private func commonLength(of parts: [ParsedPart]) -> Located<Int64>? {
        guard let first = parts.first else {
            return file.parts.map {
                Located(PlannedFile.partSize(firstPart: nil, count: 0, sliceSize: sliceSize), at: $0.place)
            }
        }
        guard parts.count > 1 else {
            return first.dataLength.map {
                Located(
                    PlannedFile.partSize(firstPart: $0.value, count: 1, sliceSize: sliceSize), at: $0.place)
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

    /// Checks the parts together against `filesize`.
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
