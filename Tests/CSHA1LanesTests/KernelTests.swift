import CLibCrypto
import Glibc
import Testing

@Suite("Kernels")
struct KernelTests {
    typealias Words = [UInt32]

    @Test(
        "one block of 'abc' gives FIPS 180-4's example digest in every lane",
        arguments: TestedKernel.available)
    func standardExample(_ kernel: TestedKernel) {
        // FIPS 180-4's example "abc", padded by hand: the first words of the block, and its length in bits.
        var block = [UInt8](repeating: 0, count: 64)
        block[0...3] = [0x61, 0x62, 0x63, 0x80]
        block[63] = 24
        let initial: Words = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
        let states = [Words](repeating: initial, count: kernel.width)
        let messages = [[UInt8]](repeating: block, count: kernel.width)
        for state in run(
            kernel, states, messages, offsets: Array(repeating: 0, count: kernel.width), blocks: 1)
        {
            #expect(state == [0xa999_3e36, 0x4706_816a, 0xba3e_2571, 0x7850_c26c, 0x9cd0_d89d])
        }
    }

    @Test(
        "any state over any blocks at any alignment agrees with OpenSSL, and the pair with it twice",
        arguments: TestedKernel.available)
    func randomRuns(_ kernel: TestedKernel) {
        var random = Random(seed: 20_180_404)
        for blocks in [0, 1, 2, 3, 7, 64, 129] {
            for _ in 0..<6 {
                let messages = (0..<kernel.width).map { _ in
                    (0..<(blocks * 64 + 64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                }
                let offsets = (0..<kernel.width).map { _ in Int(random.next() % 64) }
                let states = randomStates(kernel.width, &random)
                let others = randomStates(kernel.width, &random)
                let expected = zip(zip(states, messages), offsets).map {
                    openssl($0.0, $0.1, offset: $1, blocks: blocks)
                }
                #expect(run(kernel, states, messages, offsets: offsets, blocks: blocks) == expected)
                guard unsafe kernel.hashPair != nil else { continue }
                let pair = runPair(kernel, states, others, messages, offsets: offsets, blocks: blocks)
                #expect(pair.states == expected)
                #expect(
                    pair.others
                        == zip(zip(others, messages), offsets).map {
                            openssl($0.0, $0.1, offset: $1, blocks: blocks)
                        })
            }
        }
    }

    @Test("lanes may share their bytes", arguments: TestedKernel.available)
    func sharedBytes(_ kernel: TestedKernel) {
        var random = Random(seed: 7)
        let message = (0..<640).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let states = randomStates(kernel.width, &random)
        var words = interleaved(states)
        unsafe message.withUnsafeBufferPointer { bytes in
            let data = unsafe [UnsafePointer<UInt8>?](repeating: bytes.baseAddress, count: kernel.width)
            unsafe kernel.hash(&words, data, 10)
        }
        #expect(
            separated(words, width: kernel.width)
                == states.map { openssl($0, message, offset: 0, blocks: 10) })
    }

    @Test(
        "not a byte is read before or behind the messages: pages that cannot be read lie there",
        arguments: TestedKernel.available)
    func guardedMessages(_ kernel: TestedKernel) throws {
        let page = sysconf(Int32(_SC_PAGESIZE))
        let mapped = unsafe mmap(nil, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory = unsafe mapped, unsafe memory != MAP_FAILED else {
            Issue.record("the system gives no memory")
            return
        }
        defer { unsafe munmap(memory, 3 * page) }
        let readable = unsafe memory + page
        try #require(unsafe mprotect(readable, page, PROT_READ | PROT_WRITE) == 0)
        var random = Random(seed: 3)
        let bytes = (0..<page).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        unsafe readable.copyMemory(from: bytes, byteCount: page)

        for blocks in [0, 1, 2, 5, page / 64] {
            for offset in [0, page - blocks * 64] {
                let states = randomStates(kernel.width, &random)
                let others = randomStates(kernel.width, &random)
                let message = unsafe (readable + offset).assumingMemoryBound(to: UInt8.self)
                let data = unsafe [UnsafePointer<UInt8>?](repeating: message, count: kernel.width)
                var words = interleaved(states)
                unsafe kernel.hash(&words, data, blocks)
                let expected = states.map { openssl($0, bytes, offset: offset, blocks: blocks) }
                #expect(separated(words, width: kernel.width) == expected)

                guard let hashPair = unsafe kernel.hashPair else { continue }
                words = interleaved(states)
                var otherWords = interleaved(others)
                unsafe hashPair(&words, &otherWords, data, blocks)
                #expect(separated(words, width: kernel.width) == expected)
                #expect(
                    separated(otherWords, width: kernel.width)
                        == others.map { openssl($0, bytes, offset: offset, blocks: blocks) })
            }
        }
    }

    // Converts states and messages to the layout of the kernels.

    private func run(
        _ kernel: TestedKernel, _ states: [Words], _ messages: [[UInt8]], offsets: [Int], blocks: Int
    ) -> [Words] {
        var words = interleaved(states)
        unsafe withPointers(messages, offsets) { unsafe kernel.hash(&words, $0, blocks) }
        return separated(words, width: kernel.width)
    }

    private func runPair(
        _ kernel: TestedKernel, _ states: [Words], _ others: [Words], _ messages: [[UInt8]], offsets: [Int],
        blocks: Int
    ) -> (states: [Words], others: [Words]) {
        var words = interleaved(states)
        var otherWords = interleaved(others)
        unsafe withPointers(messages, offsets) { unsafe kernel.hashPair?(&words, &otherWords, $0, blocks) }
        return (separated(words, width: kernel.width), separated(otherWords, width: kernel.width))
    }

    private func withPointers(
        _ messages: [[UInt8]], _ offsets: [Int], _ body: ([UnsafePointer<UInt8>?]) -> Void
    ) {
        // All messages in one allocation, each differently misaligned.
        let size = messages.map(\.count).max() ?? 0
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: (size + 64) * messages.count, alignment: 64)
        defer { unsafe memory.deallocate() }
        var pointers: [UnsafePointer<UInt8>?] = unsafe []
        for (index, message) in messages.enumerated() {
            let start = index * (size + 64)
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + message.count)])
                .copyBytes(from: message)
            unsafe pointers.append(
                UnsafePointer(
                    memory.baseAddress?.advanced(by: start + offsets[index])
                        .assumingMemoryBound(to: UInt8.self)))
        }
        unsafe body(pointers)
    }

    private func interleaved(_ states: [Words]) -> Words {
        (0..<5).flatMap { word in states.map { $0[word] } }
    }

    private func separated(_ words: Words, width: Int) -> [Words] {
        (0..<width).map { lane in (0..<5).map { words[$0 * width + lane] } }
    }

    private func randomStates(_ count: Int, _ random: inout Random) -> [Words] {
        (0..<count).map { _ in (0..<5).map { _ in UInt32(truncatingIfNeeded: random.next()) } }
    }

    private func openssl(_ state: Words, _ message: [UInt8], offset: Int, blocks: Int) -> Words {
        var context = SHA_CTX()
        unsafe SHA1_Init(&context)
        (context.h0, context.h1, context.h2, context.h3, context.h4) = (
            state[0], state[1], state[2], state[3], state[4]
        )
        let bytes = Array(message[offset..<(offset + blocks * 64)])
        unsafe SHA1_Update(&context, bytes, bytes.count)
        return [context.h0, context.h1, context.h2, context.h3, context.h4]
    }
}

/// SplitMix64: the same numbers in every run.
struct Random {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
