import Glibc
import PlanCore
import PlanDigest
import PlanFiles
import Testing

/// A temporary folder for one test, removed with the last reference.
final class TestFolder: Sendable {
    let path: String
    let root: Root

    init() throws {
        var template = Array("\(Self.parent)/cosplan-digest-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template)
        try #require(unsafe made != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        root = try Root(path: ByteString(path))
    }

    deinit {
        guard let folder = unsafe opendir(path) else { return }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            unsafe unlink("\(path)/\(name)")
        }
        unsafe closedir(folder)
        unsafe rmdir(path)
    }

    private static var parent: String {
        unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let file = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        try #require(file >= 0)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes[done...].withUnsafeBytes {
                unsafe Glibc.write(file, $0.baseAddress, $0.count)
            }
            try #require(count > 0)
            done += count
        }
        close(file)
    }

    func file(_ name: String) throws -> OpenFile {
        try root.open(try LocalPath(ByteString(name)))
    }

    func request(
        _ name: String, size: Int64, partSize: Int64 = 65_536, kind: DatashaKind = .state,
        withSHA1: Bool = true, checksums: Set<ChecksumKind> = [],
        onceOpen change: @escaping @Sendable () -> Bool = { true }
    ) throws -> PlanRequest {
        PlanRequest(
            open: opening(try LocalPath(ByteString(name)), onceOpen: change), sizeHint: size,
            partSize: try PartSize(bytes: partSize), datashaKind: kind, withPartSHA1: withSHA1,
            checksums: checksums)
    }

    /// Opens a file, then changes it with `change`; if `change` fails, the error is one that no test expects.
    func opening(
        _ path: LocalPath, onceOpen change: @escaping @Sendable () -> Bool = { true }
    ) -> @Sendable () throws(FileError) -> OpenFile {
        { [root] () throws(FileError) in
            let file = try root.open(path)
            guard change() else { throw .deleted(path: "the test's own file") }
            return file
        }
    }
}

/// Bytes that vary from place to place and are the same in every run.
func testBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
        for index in 0..<count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            unsafe buffer[index] = UInt8(truncatingIfNeeded: state)
        }
        used = count
    }
}

/// Byte i is (31·i + 7) mod 256, the pattern that the service's own SDKs were run with.
func patternBytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: 31 &* $0 &+ 7) }
}

/// A plan with these digests.
func planned(
    _ size: Int, sha: Digest, parts: [Part], partSize: Int, kind: DatashaKind = .state,
    checksums: Checksums = Checksums()
) throws -> PlannedFile {
    PlannedFile(
        path: try LocalPath("a.bin"), key: try ObjectKey("/a.bin"), sha: sha, checksums: checksums,
        sliceSize: .standard, datashaKind: kind,
        partLayout: Layout(fileSize: Int64(size), pieceSize: Int64(partSize)), parts: parts)
}
