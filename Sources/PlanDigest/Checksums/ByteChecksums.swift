import ByteDigests
import PlanCore

/// The requested CRC-64s of a sequence of bytes.
struct CRC64Set: Hashable, Sendable {
    private var ecma: CRC64?
    private var nvme: CRC64?

    /// Starts the CRCs among `kinds`.
    init(_ kinds: Set<ChecksumKind>) {
        ecma = kinds.contains(.crc64ecma) ? CRC64(.ecma) : nil
        nvme = kinds.contains(.crc64nvme) ? CRC64(.nvme) : nil
    }

    /// Whether no CRC was requested.
    var isEmpty: Bool { ecma == nil && nvme == nil }

    /// Processes the next bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        if var first = ecma, var second = nvme {
            unsafe CRC64.take(bytes, &first, &second)
            (ecma, nvme) = (first, second)
        } else {
            unsafe ecma?.take(bytes)
            unsafe nvme?.take(bytes)
        }
    }

    /// Appends the CRCs of the bytes that follow.
    mutating func append(_ next: CRC64Set) {
        if let next = next.ecma { ecma?.append(next) }
        if let next = next.nvme { nvme?.append(next) }
    }

    /// The values as checksums.
    var checksums: [Checksum] {
        let ecma = ecma.map { Checksum(.crc64ecma, crc: $0.value) }
        let nvme = nvme.map { Checksum(.crc64nvme, crc: $0.value) }
        return [ecma, nvme].compactMap(\.self)
    }
}

/// The checksums of a whole file, computed front to back.
struct ByteChecksums: Sendable {
    private(set) var crcs: CRC64Set
    private var streams: [ChecksumKind: DigestStream]

    /// Starts the checksums of `kinds`; the CRCs go on from `crcs`, if given.
    init(_ kinds: Set<ChecksumKind>, after crcs: CRC64Set? = nil) {
        self.crcs = crcs ?? CRC64Set(kinds)
        streams = [:]
        for kind in kinds {
            guard let algorithm = kind.streamAlgorithm else { continue }
            streams[kind] = DigestStream(algorithm)
        }
    }

    /// Whether no checksum was requested.
    var isEmpty: Bool { crcs.isEmpty && streams.isEmpty }

    /// Processes the next bytes; without `withCRCs`, for the digests only.
    mutating func take(_ bytes: UnsafeRawBufferPointer, withCRCs: Bool = true) {
        if withCRCs { unsafe crcs.take(bytes) }
        for kind in streams.keys { unsafe streams[kind]?.take(bytes) }
    }

    /// Returns the CRCs since the last call and starts new ones.
    mutating func cutCRCs(_ kinds: Set<ChecksumKind>) -> CRC64Set {
        defer { crcs = CRC64Set(kinds) }
        return crcs
    }

    /// Processes all bytes of a source of `size` bytes.
    mutating func take(_ reader: WindowReader, size: Int64) throws(DigestError) {
        var position: Int64 = 0
        while position < size {
            let bytes = unsafe try reader.bytes(at: position, limit: size - position)
            unsafe take(bytes)
            position += Int64(bytes.count)
        }
        try reader.finish()
    }

    /// The digests other than CRCs, as checksums.
    var digests: [Checksum] { streams.map { Checksum($0.key, bytes: $0.value.digest) } }

    /// All values, as checksums.
    var values: Checksums { Checksums(crcs.checksums + digests) }
}

/// The checksums of a lane's bytes, computed right after a kernel has hashed them, while they are in the
/// processor's cache.
///
/// A class, because a lane and its work share it. Not thread-safe.
final class LaneChecksums {
    var values: ByteChecksums
    /// Whether CRCs are computed here; another thread may compute them.
    var takesCRCs = true

    /// Starts the checksums of `kinds`; nil if there are none.
    ///
    /// The CRCs go on from `crcs`, if given.
    init?(_ kinds: Set<ChecksumKind>, after crcs: CRC64Set? = nil) {
        guard !kinds.isEmpty else { return nil }
        values = ByteChecksums(kinds, after: crcs)
    }

    /// Processes the next bytes.
    func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe values.take(bytes, withCRCs: takesCRCs)
    }
}

extension ChecksumKind {
    /// The algorithm of a checksum that cannot be combined from pieces; nil for the others.
    var streamAlgorithm: DigestStream.Algorithm? {
        switch self {
        case .crc64ecma, .crc64nvme: nil
        case .md5: .md5
        case .sha256: .sha256
        }
    }
}

extension Checksum {
    /// The checksum of the bytes of this one followed by the `length` bytes of `next`.
    ///
    /// **Shape**: nil unless both are CRCs of one kind.
    package func joined(with next: Checksum, length: Int64) -> Checksum? {
        let variant: CRC64.Kind
        switch kind {
        case .crc64ecma: variant = .ecma
        case .crc64nvme: variant = .nvme
        case .md5, .sha256: return nil
        }
        guard next.kind == kind, length >= 0 else { return nil }
        // The length of the first bytes does not matter.
        let pieces: [(value: UInt64, length: Int64)] = [(crc, 0), (next.crc, length)]
        let joined = CRC64.combined(variant, pieces)
        return Checksum(kind, crc: joined.value)
    }
}

extension Set<ChecksumKind> {
    /// The checksums that can be combined from pieces.
    var combinable: Set<ChecksumKind> { filter { $0.streamAlgorithm == nil } }
    /// The checksums that need the bytes front to back.
    var serial: Set<ChecksumKind> { filter { $0.streamAlgorithm != nil } }
}
