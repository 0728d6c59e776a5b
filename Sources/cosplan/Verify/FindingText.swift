import PlanCore
import PlanDigest
import PlanManifest

/// A finding of the engine, with its place in the manifest and its wording.
struct FindingText {
    var finding: VerifyReport.ByteFinding

    /// The wording for `found` in the file of `entry`.
    init(finding found: Finding, entry: ManifestFile) {
        let path = entry.file.path.description
        switch found {
        case .appended(let planned, let now):
            let range = ByteRange(offset: planned, length: now - planned)
            finding = Self.make(
                .appended, at: entry.sizePlace,
                "\(path): \(counted(range.length, "byte")) appended at \(range): planned as "
                    + "\(counted(planned, "byte")), now \(now)", range)
        case .truncated(let planned, let now):
            let range = ByteRange(offset: now, length: planned - now)
            let cut = entry.file.parts.firstIndex { $0.range.end > now } ?? entry.file.parts.count
            finding = Self.make(
                .truncated, at: entry.sizePlace,
                "\(path): truncated: \(counted(range.length, "byte")) missing at \(range): planned as "
                    + "\(counted(planned, "byte")), now \(now); not checked: "
                    + Self.name(cut..<entry.file.parts.count, of: entry), range)
        case .plainDigestsInsteadOfStates:
            finding = Self.make(
                .otherDigests, at: entry.datashaPlace(of: 0),
                "\(path): every datasha is its part's plain SHA-1 where 'datasha: state' wants the running state; "
                    + "the service would refuse it; plan it again with cosplan hash, or say 'datasha: part'")
        case .bigEndianStates:
            finding = Self.make(
                .otherDigests, at: entry.datashaPlace(of: 0),
                "\(path): every datasha is a running state in big-endian words where the service wants "
                    + "little-endian ones; plan it again with cosplan hash")
        case .statesInsteadOfPlainDigests:
            finding = Self.make(
                .otherDigests, at: entry.datashaPlace(of: 0),
                "\(path): every datasha is a running state where 'datasha: part' wants the part's plain SHA-1; "
                    + "plan it again with cosplan hash, or say 'datasha: state'")
        case .dataDiffers(let range, let parts):
            finding = Self.make(
                .dataDiffers, at: entry.place(ofPart: parts.lowerBound),
                "\(path): data differ from the plan at \(range) (\(Self.name(parts, of: entry)))", range)
        case .dataOrLinesDiffer(let range, let parts):
            finding = Self.make(
                .dataOrLinesDiffer, at: entry.place(ofPart: parts.lowerBound),
                "\(path): at \(range) (\(Self.name(parts, of: entry))) either the data differ from the plan or "
                    + "recorded digests are damaged; without sha1 in the manifest nobody can tell", range)
        case .damagedDatasha(let part, let recorded, let computed):
            finding = Self.make(
                .damagedDatasha, at: entry.datashaPlace(of: part),
                "\(path): damaged manifest line: the bytes are as planned, but datasha is \(recorded) where "
                    + "\(computed) belongs", entry.range(of: part))
        case .damagedSHA1(let part, let recorded, let computed):
            finding = Self.make(
                .damagedSHA1, at: entry.sha1Place(of: part),
                "\(path): damaged manifest line: the bytes are as planned, but sha1 is \(recorded) where "
                    + "\(computed) belongs", entry.range(of: part))
        case .damagedSHA(let recorded, let computed):
            finding = Self.make(
                .damagedSHA, at: entry.shaPlace,
                "\(path): damaged manifest line: the bytes are as planned, but sha is \(recorded) where "
                    + "\(computed) belongs")
        case .damagedChecksum(let recorded, let computed):
            let kind = recorded.kind.rawValue
            finding = Self.make(
                .damagedChecksum, at: entry.place(of: recorded),
                "\(path): \(Self.damagedChecksum(kind, recorded: recorded.text, computed: computed.text))")
        case .damagedDatashaAmong(let parts):
            finding = Self.make(
                .damagedDatasha, at: entry.datashaPlace(of: max(0, parts.lowerBound - 1)),
                "\(path): damaged manifest line: the bytes of \(Self.name(parts, of: entry)) agree with their "
                    + "sha1, but a datasha from line \(entry.place(ofPart: max(0, parts.lowerBound - 1)).line) to "
                    + "line \(entry.place(ofPart: parts.upperBound - 1).line) is damaged")
        }
    }

    /// What is said of a checksum that is not the one of the bytes.
    static func damagedChecksum(_ kind: String, recorded: String, computed: String) -> String {
        "damaged manifest line: the bytes are as planned, but \(kind) is \(recorded) where \(computed) belongs"
    }

    private static func make(
        _ rule: BytesRule, at place: Place, _ message: String, _ range: ByteRange? = nil
    ) -> VerifyReport.ByteFinding {
        .init(
            rule: rule.rawValue, line: place.line, column: place.column, offset: range?.offset,
            length: range?.length, message: message)
    }

    /// For example `part 3 of 17 on line 40`, counted from 1.
    private static func name(_ parts: Range<Int>, of entry: ManifestFile) -> String {
        let total = entry.file.parts.count
        let first = parts.lowerBound
        let line = entry.place(ofPart: first).line
        guard parts.count > 1 else { return "part \(first + 1) of \(total), line \(line)" }
        return "parts \(first + 1) to \(parts.upperBound) of \(total), lines \(line) to "
            + "\(entry.place(ofPart: parts.upperBound - 1).line)"
    }
}

extension ManifestFile {
    fileprivate var sizePlace: Place { parsed.fileSize?.place ?? place }
    fileprivate var shaPlace: Place { parsed.sha?.place ?? place }

    fileprivate func place(of checksum: Checksum) -> Place {
        parsed.checksums.first { $0.value == checksum }?.place ?? place
    }

    fileprivate func part(_ index: Int) -> ParsedPart? {
        guard let parts = parsed.parts?.value, parts.indices.contains(index) else { return nil }
        return parts[index]
    }

    fileprivate func place(ofPart index: Int) -> Place { part(index)?.place ?? place }
    fileprivate func datashaPlace(of index: Int) -> Place {
        part(index)?.datasha?.place ?? place(ofPart: index)
    }
    fileprivate func sha1Place(of index: Int) -> Place { part(index)?.sha1?.place ?? place(ofPart: index) }

    fileprivate func range(of index: Int) -> ByteRange? {
        file.parts.indices.contains(index) ? file.parts[index].range : nil
    }
}
