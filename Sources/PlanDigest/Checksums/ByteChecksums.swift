import PlanCore

/// The CRC-64s of a run of bytes, those that are wanted.
struct CRC64Set: Hashable, Sendable {
    private var ecma: CRC64?
    private var nvme: CRC64?

    /// Of no bytes: the CRCs among `kinds`.
    init(_ kinds: Set<ChecksumKind>) {
        ecma = kinds.contains(.crc64ecma) ? CRC64(.ecma) : nil
        nvme = kinds.contains(.crc64nvme) ? CRC64(.nvme) : nil
    }

    /// Whether none is wanted.
    var isEmpty: Bool { ecma == nil && nvme == nil }

    /// Takes the next bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe ecma?.take(bytes)
        unsafe nvme?.take(bytes)
    }

    /// Takes the bytes that `next` is of.
    mutating func append(_ next: CRC64Set) {
        if let next = next.ecma { ecma?.append(next) }
        if let next = next.nvme { nvme?.append(next) }
    }

    /// As a plan records them.
    var checksums: [Checksum] {
        let ecma = ecma.map { Checksum(.crc64ecma, crc: $0.value) }
        let nvme = nvme.map { Checksum(.crc64nvme, crc: $0.value) }
        return [ecma, nvme].compactMap(\.self)
    }
}

/// The checksums of a whole file whose bytes come in their order.
struct ByteChecksums: Sendable {
    private(set) var crcs: CRC64Set
    private var streams: [ChecksumKind: DigestStream]

    /// Of no bytes: the checksums of `kinds`.
    init(_ kinds: Set<ChecksumKind>) {
        crcs = CRC64Set(kinds)
        streams = [:]
        for kind in kinds {
            guard let algorithm = kind.streamAlgorithm else { continue }
            streams[kind] = DigestStream(algorithm)
        }
    }

    /// Whether none is wanted.
    var isEmpty: Bool { crcs.isEmpty && streams.isEmpty }

    /// Takes the next bytes; where not `withCRCs`, for the digests alone.
    mutating func take(_ bytes: UnsafeRawBufferPointer, withCRCs: Bool = true) {
        if withCRCs { unsafe crcs.take(bytes) }
        for kind in streams.keys { unsafe streams[kind]?.take(bytes) }
    }

    /// The CRCs of the bytes since the last call; they begin again.
    mutating func cutCRCs(_ kinds: Set<ChecksumKind>) -> CRC64Set {
        defer { crcs = CRC64Set(kinds) }
        return crcs
    }

    /// Takes all bytes of a source of `size` bytes.
    mutating func take(_ reader: WindowReader, size: Int64) throws(DigestError) {
        var position: Int64 = 0
        while position < size {
            let bytes = unsafe try reader.bytes(at: position, limit: size - position)
            unsafe take(bytes)
            position += Int64(bytes.count)
        }
        try reader.finish()
    }

    /// The digests that are not CRCs, as a plan records them.
    var digests: [Checksum] { streams.map { Checksum($0.key, bytes: $0.value.digest) } }

    /// All, as a plan records them.
    var values: Checksums { Checksums(crcs.checksums + digests) }
}

/// What is computed of a lane's bytes beside its states: taken right after a kernel has hashed them, while they are in the
/// processor's cache.
///
/// A class, because a lane and what gives it its bytes share it. Not for two threads at once.
final class LaneChecksums {
    var values: ByteChecksums
    /// Whether the lane's bytes are for the CRCs, too; another thread may compute those.
    var takesCRCs = true

    /// Of no bytes; nil where `kinds` are none.
    init?(_ kinds: Set<ChecksumKind>) {
        guard !kinds.isEmpty else { return nil }
        values = ByteChecksums(kinds)
    }

    /// Takes the next bytes.
    func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe values.take(bytes, withCRCs: takesCRCs)
    }
}

extension ChecksumKind {
    /// How it is computed where its pieces cannot be combined: front to back.
    var streamAlgorithm: DigestStream.Algorithm? {
        switch self {
        case .crc64ecma, .crc64nvme: nil
        case .md5: .md5
        case .sha256: .sha256
        }
    }
}

extension Set<ChecksumKind> {
    /// Those that pieces give in any order.
    var combinable: Set<ChecksumKind> { filter { $0.streamAlgorithm == nil } }
    /// Those that need the bytes front to back.
    var serial: Set<ChecksumKind> { filter { $0.streamAlgorithm != nil } }
}
