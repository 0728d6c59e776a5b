import Foundation
import PlanCore
import PlanFiles
import Testing

@Suite("A spool file")
struct SpoolFileTests {
    @Test("what was appended comes back by its range, and has no name", arguments: [true, false])
    func ranges(unnamedFiles: Bool) throws {
        let folder = try TemporaryFolder()
        let spool = SpoolFile(folder: ByteString(folder.path), unnamedFiles: unnamedFiles)
        let pieces = [0, 1, 100, 65_536, 3, 200_000, 0, 900_000, 1, 2_000_000, 5].map { pattern($0) }
        let ranges = try pieces.map { try spool.append($0) }
        #expect(try folder.names() == [])
        #expect(spool.length == Int64(pieces.map(\.count).reduce(0, +)))
        for (piece, range) in zip(pieces, ranges) { #expect(try spool.bytes(range) == piece) }
        let output = try AtomicOutput(path: ByteString(folder("all")))
        try spool.copy(ByteRange(offset: 0, length: spool.length), to: output)
        try output.finish()
        #expect(try folder.read("all") == pieces.flatMap(\.self))
    }

    @Test("threads append at once; each finds its own bytes")
    func threads() throws {
        let spool = SpoolFile()
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            do {
                for round in 0..<200 {
                    let own = [UInt8](repeating: UInt8(thread * 50 + round % 50), count: 1 + round * 70)
                    let range = try spool.append(own)
                    #expect(try spool.bytes(range) == own)
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(spool.length == 5_572_800)  // 4 × (200 + 70 × 19,900)
    }

    @Test("a folder that is not there is an error once there is more than a mebibyte; what was kept stays")
    func missing() throws {
        let none = try TemporaryFolder()("none")
        for unnamedFiles in [true, false] {
            let spool = SpoolFile(folder: ByteString(none), unnamedFiles: unnamedFiles)
            let range = try spool.append(pattern(1 << 20))
            #expect(
                throws: FileError.createFailed(
                    path: ByteString("a temporary file in \(none)"), code: ENOENT)
            ) { try spool.append([1]) }
            #expect(try spool.bytes(range) == pattern(1 << 20))
        }
    }
}

@Suite("A file as a source of bytes")
struct FileByteSourceTests {
    private func all(_ source: FileByteSource, by count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while case let chunk = try source.read(upTo: count), !chunk.isEmpty {
            #expect(chunk.count <= count)
            bytes += chunk
        }
        #expect(try source.read(upTo: count) == [])
        return bytes
    }

    @Test("a file is read from front to end, twice", arguments: [0, 1, 100, 100_000])
    func file(count: Int) throws {
        let folder = try TemporaryFolder()
        let content = pattern(count)
        let source = try FileByteSource(path: ByteString(try folder.write("f", content)))
        #expect(try all(source, by: 777) == content)
        try source.rewind()
        #expect(try source.read(upTo: 50) == Array(content.prefix(50)))
        try source.rewind()
        #expect(try all(source, by: 65_536) == content)
    }

    @Test("between its readings a file is closed; what stands there then must be the same file, as it was")
    func reopened() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(try folder.write("f", "content"))
        func source() throws -> FileByteSource {
            try folder.write("f", "content")
            let source = try FileByteSource(path: path)
            #expect(try all(source, by: 100) == Array("content".utf8))
            try source.rewind()
            return source
        }
        let overwritten = try source()
        setModified(folder("f"), seconds: 1_000_000_000)
        #expect(throws: FileError.modified(path: path)) { try overwritten.read(upTo: 1) }
        let replaced = try source()
        try folder.write("g", "content")
        rename(folder("g"), folder("f"))
        #expect(throws: FileError.replaced(path: path)) { try replaced.read(upTo: 1) }
        let deleted = try source()
        unlink(folder("f"))
        #expect(throws: FileError.noSuchFile(path: path)) { try deleted.read(upTo: 1) }
    }

    @Test("a pipe is read twice as well, even after half of it", arguments: [0, 1, 100, 30_000])
    func pipe(count: Int) throws {
        let ends = try makePipe()
        let content = pattern(count)
        let writer = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        // On a thread of its own: a user with many pipes open gets pipes of a page or two.
        Thread {
            try? writer.write(contentsOf: Data(content))
            try? writer.close()
        }.start()
        let source = try FileByteSource(descriptor: ends[0], name: "-")
        close(ends[0])
        #expect(try source.read(upTo: 60) == Array(content.prefix(60)))
        try source.rewind()
        #expect(try all(source, by: 777) == content)
        try source.rewind()
        #expect(try all(source, by: 65_536) == content)
    }

    @Test("a descriptor that stands in the middle of a file begins there, each time")
    func middle() throws {
        let folder = try TemporaryFolder()
        let descriptor = open(try folder.write("f", pattern(100)), O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        lseek(descriptor, 40, SEEK_SET)
        let source = try FileByteSource(descriptor: descriptor, name: "-")
        for _ in 0..<2 {
            #expect(try all(source, by: 7) == Array(pattern(100)[40...]))
            try source.rewind()
        }
    }

    @Test("a file that changed between two readings is an error")
    func changed() throws {
        let folder = try TemporaryFolder()
        let path = ByteString(try folder.write("f", pattern(100)))
        let source = try FileByteSource(path: path)
        _ = try all(source, by: 777)
        truncate(folder("f"), 50)
        #expect(throws: FileError.truncated(path: path, before: 100, now: 50)) { try source.rewind() }
        truncate(folder("f"), 101)
        #expect(throws: FileError.grown(path: path, before: 100, now: 101)) { try source.read(upTo: 1) }
    }

    @Test("what cannot be read says why")
    func refused() throws {
        let folder = try TemporaryFolder()
        let none = ByteString(folder("none"))
        #expect(throws: FileError.noSuchFile(path: none)) { try FileByteSource(path: none) }
        #expect(throws: FileError.isFolder(path: ByteString(folder.path))) {
            try FileByteSource(path: ByteString(folder.path))
        }
        #expect(throws: FileError.emptyPath) { try FileByteSource(path: "") }
    }
}
