import PlanDigest
import Testing

@Suite("Kernel choice")
struct KernelChoiceTests {
    @Test("unset and empty mean the best, which the processor has")
    func unset() throws {
        #expect(try Kernel.chosen(named: nil) == .best)
        #expect(try Kernel.chosen(named: "") == .best)
        #expect(Kernel.best.isAvailable)
        #expect(Kernel.available.contains(.openssl))
    }

    @Test("a kernel's name forces it if the processor has it, and says so if not", arguments: Kernel.allCases)
    func forced(_ kernel: Kernel) throws {
        if kernel.isAvailable {
            #expect(try Kernel.chosen(named: kernel.rawValue) == kernel)
        } else {
            let names = Kernel.available.map(\.rawValue).joined(separator: ", ")
            let error = #expect(throws: KernelError.unavailable(kernel)) {
                try Kernel.chosen(named: kernel.rawValue)
            }
            #expect(
                error?.description
                    == "this processor lacks \(kernel.rawValue); use \(names)")
        }
    }

    @Test("a name that is none is an error that lists the names")
    func unknown() {
        let error = #expect(throws: KernelError.unknown(name: "mmx\n")) { try Kernel.chosen(named: "mmx\n") }
        #expect(
            error?.description
                == "'mmx\\n' is no kernel; use openssl, shani, avx2, avx512")
    }
}
