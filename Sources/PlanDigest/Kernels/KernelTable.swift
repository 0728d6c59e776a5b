/// For each number of messages, the functions that hash one block of each fastest.
///
/// With few active messages most lanes of a wide kernel are wasted: the table weighs each kernel's speed by
/// the messages it actually carries. **Source** of the speeds: `benchmarks/results/measured-choices.md`.
package struct KernelTable: Sendable {
    /// The number of messages to keep active.
    package let width: Int
    /// The speed with n active messages, relative to one stream, at index n.
    let speeds: [Double]
    /// The functions to call in turn with n active messages, at index n.
    let calls: [[LaneKernel]]

    /// Creates the table for `kernel`, with one or two states per message.
    package init(_ kernel: Kernel, pair: Bool) {
        self.init(Self.functions(of: kernel), pair: pair)
    }

    /// Creates the table for these functions.
    package init(_ kernels: [LaneKernel], pair: Bool) {
        let usable = kernels.filter { unsafe !pair || $0.hashPair != nil }
        let width = usable.map(\.width).max() ?? 1
        var costs = [0.0]
        var calls: [[LaneKernel]] = [[]]
        for live in 1...width {
            var best = Double.infinity
            var chosen: [LaneKernel] = []
            for kernel in usable {
                let rest = max(0, live - kernel.width)
                let cost = Double(kernel.width) / (pair ? kernel.pairSpeed : kernel.speed) + costs[rest]
                if cost < best {
                    best = cost
                    chosen = [kernel] + calls[rest]
                }
            }
            costs.append(best)
            calls.append(chosen)
        }
        speeds = costs.enumerated().map { $0.offset == 0 ? 0 : Double($0.offset) / $0.element }
        self.calls = calls
        // More messages than give the best speed would only make windows smaller.
        let top = speeds.max() ?? 1
        self.width = max(1, speeds.firstIndex { $0 >= top * 0.98 } ?? 1)
    }

    /// The speed with `live` active messages.
    func speed(_ live: Int) -> Double { speeds[min(max(live, 0), width)] }

    private static func functions(of kernel: Kernel) -> [LaneKernel] {
        #if arch(x86_64)
            let single = Processor.hasSHA ? LaneKernel.streams : [.openssl]
            switch kernel {
            case .openssl: return [.openssl]
            case .shani: return single
            case .avx2: return single + [.avx2]
            case .avx512: return single + [.avx512]
            }
        #else
            return [.openssl]
        #endif
    }
}
