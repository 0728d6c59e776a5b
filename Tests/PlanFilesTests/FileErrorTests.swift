import Glibc
import PlanCore
import PlanFiles
import Testing

@Suite("File errors")
struct FileErrorTests {
    @Test("foreign text in them is shown, not obeyed")
    func escaped() {
        #expect(
            FileError.deleted(path: "a\u{1b}[31m\n\u{202e}b").description
                == "a\\u{1b}[31m\\n\\u{202e}b: was deleted while it was read; restore it or leave it out")
    }

    @Test("the system's reason stands in the sentence in lower case")
    func reasons() {
        #expect(
            FileError.readFailed(path: "f", offset: 4096, code: EIO).description
                == "f: reading at offset 4096 failed: input/output error; check the disk")
        #expect(
            FileError.writeFailed(path: "m.yaml", code: ENOSPC).description
                == "m.yaml: writing failed: no space left on device; free some space or choose another place")
        #expect(
            FileError.mapFailed(path: "f", offset: 0, code: ENOMEM).description
                == "f: no memory for its bytes at offset 0: cannot allocate memory; use fewer threads, or a higher "
                + "limit on memory")
    }

    @Test("the remaining wordings")
    func wordings() {
        for (error, words) in [
            (
                FileError.closedPipe(path: "standard output"),
                "standard output: nobody reads it any more; nothing more was written"
            ),
            (
                .lockedByAnother(path: "r"),
                "r: another process is writing to it; wait for it or name another file"
            ),
            (
                .lineTooLong(path: "r", line: 7, limit: 10),
                "r: line 7 is longer than 10 bytes; is it the right file?"
            ),
            (
                .tooManyFiles(limit: 10),
                "files: more than the 10 a manifest holds; plan them in several manifests"
            ),
            (
                .pathTooLong(path: "abc", limit: 2),
                "abc: the path is 3 bytes long, more than the 2 a manifest holds; choose a root nearer to it"
            ),
            (.folderNotFound(path: "d"), "d: no such folder; create it or name another"),
            (.linkRefused(path: "l"), "l: is a symbolic link; have links followed or left out"),
            (
                .openFailed(path: "f", code: EMFILE),
                "f: cannot be opened: too many open files; raise the limit on open files (ulimit -n)"
            ),
            (.openFailed(path: "f", code: ENXIO), "f: cannot be opened: no such device or address"),
            (
                .writeFailed(path: "m", code: EFBIG),
                "m: writing failed: file too large; raise the limit on the size of files or choose another place"
            ),
        ] {
            #expect(error.description == words)
        }
    }

    @Test("a limit of the process is told apart from what is wrong with a file")
    func limits() {
        for code in [EMFILE, ENFILE, ENOMEM] {
            #expect(FileError.openFailed(path: "f", code: code).category == .limit)
            #expect(FileError.createFailed(path: "f", code: code).category == .limit)
        }
        #expect(FileError.mapFailed(path: "f", offset: 0, code: ENOMEM).category == .limit)
        #expect(FileError.openFailed(path: "f", code: ENXIO).category == .input)
        #expect(FileError.createFailed(path: "f", code: EROFS).category == .output)
    }

    @Test("arguments are found as the system gave them")
    func rawArguments() {
        #expect(RawArguments.all.map { String(decoding: $0, as: UTF8.self) } == CommandLine.arguments)
    }
}
