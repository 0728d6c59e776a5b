// A libFuzzer target for the manifest reader; Tests/Fuzz/manifest.sh builds and runs it.

import PlanCore
import PlanManifest

/// Reads `size` bytes as a manifest, checks it and iterates over its files; a legal manifest is written and
/// read back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let text = Array(UnsafeBufferPointer(start: start, count: size))
    var keys = KeyRegistry()
    // Covers both kept entries and entries that are read again.
    let room = size % 2 == 0 ? 0 : 65_540
    guard let check = try? ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys, keeping: room),
        let files = try? check.soundFiles()
    else { fatalError("a source in memory does not fail") }
    precondition(!check.isMalformed || check.problems.contains { $0.rule == .wellFormed })
    for problem in check.problems {
        precondition(problem.place.line <= size + 2 && problem.place.column <= size + 1, "\(problem)")
    }
    var documents: [[PlannedFile]] = check.documents.map { _ in [] }
    do {
        while let file = try files.next() { documents[file.documentIndex].append(file.file) }
    } catch {
        fatalError("an unchanged text gives what it gave before: \(error)")
    }
    guard let manifest = try? CheckedManifest(check) else { return 0 }
    precondition(documents.map(\.count).reduce(0, +) == manifest.fileCount)
    for (document, files) in zip(manifest.documents, documents) {
        for format in ManifestFormat.allCases {
            let written = ManifestWriter(format: format, document: document).manifest(of: files)
            var again: [PlannedFile] = []
            do {
                try CheckedManifest(text: String(decoding: written, as: UTF8.self))
                    .forEachFile { again.append($0.file) }
            } catch {
                fatalError("what is written is legal: \(error)")
            }
            precondition(again == files, "what is written reads as what it was")
        }
    }
    return 0
}
