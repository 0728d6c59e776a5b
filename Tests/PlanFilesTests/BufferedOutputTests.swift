import Foundation
import Glibc
import PlanFiles
import Testing

@Suite("A buffered output")
struct BufferedOutputTests {
    @Test("what could not be written is not written again later")
    func failedFlush() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let file = open(folder("out"), O_WRONLY | O_CREAT, 0o600)
            let output = try DescriptorOutput(descriptor: file, name: "out")
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let before = limit.rlim_cur
            limit.rlim_cur = 1000
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            try output.write(pattern(2000))
            #expect(throws: FileError.writeFailed(path: "out", code: EFBIG)) { try output.flush() }
            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            try output.finish()
            #expect(try folder.read("out") == Array(pattern(2000).prefix(1000)))
        }
    }
}
