/// Changes bytes at random, reproducibly for a seed.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// The bytes with one to four changes: a bit flipped, a byte set, or bytes removed, duplicated, swapped
    /// or appended.
    mutating func changed(_ bytes: [UInt8], words: [[UInt8]] = []) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &self) {
            let start = Int.random(in: 0...bytes.count, using: &self)
            let end = Int.random(in: start...min(bytes.count, start + 40), using: &self)
            switch Int.random(in: 0..<7, using: &self) {
            case 0 where start < bytes.count: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1 where start < bytes.count: bytes[start] = UInt8.random(in: 0...255, using: &self)
            case 2: bytes.removeSubrange(start..<end)
            case 3: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 4: bytes.removeSubrange(start...)
            case 5:
                if let word = words.randomElement(using: &self) { bytes.insert(contentsOf: word, at: start) }
            default: bytes += [UInt8.random(in: 0...255, using: &self)]
            }
        }
        return bytes
    }
}
