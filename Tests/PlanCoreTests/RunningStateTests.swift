import PlanCore
import Testing

@Suite("Running state")
struct RunningStateTests {
    @Test("the wire form is the words of the state, each little-endian")
    func wireForm() {
        // FIPS 180-4's initial words 67452301 efcdab89 98badcfe 10325476 c3d2e1f0, each with its bytes
        // reversed.
        #expect(RunningState.initial.datasha.hex == "0123456789abcdeffedcba9876543210f0e1d2c3")
        #expect(RunningState(datasha: RunningState.initial.datasha) == .initial)
    }
}
