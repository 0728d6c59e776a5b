import Glibc

/// Finds a delimiter in a stream of chunks; it may span chunks.
///
/// Uses Knuth-Morris-Pratt across chunk boundaries and `memchr` within a chunk. Bytes that may begin a
/// delimiter are not stored: they are the delimiter's own first `matched` bytes.
struct DelimiterSearch {
    /// The delimiter.
    let delimiter: [UInt8]
    /// The KMP failure function: for each number of matched bytes, how many still match after a mismatch.
    private let fallback: [Int]
    /// How many bytes of the delimiter the stream currently ends with.
    private(set) var matched: Int

    /// The result of searching one chunk.
    struct Outcome {
        /// How many bytes held from earlier chunks, the delimiter's first ones, turned out to be content.
        var released: Int
        /// How many bytes at the start of this chunk are content; they follow the released ones.
        var content: Int
        /// How many bytes of this chunk are consumed; less than all only if the delimiter was found.
        var consumed: Int
        /// Whether the delimiter was found.
        var found: Bool
    }

    /// Creates a search in which the first `matched` bytes of the delimiter count as already read.
    init(_ delimiter: [UInt8], matched: Int = 0) {
        self.delimiter = delimiter
        self.matched = matched
        var fallback = [0, 0]
        var length = 0
        for index in delimiter.indices.dropFirst() {
            while length > 0, delimiter[index] != delimiter[length] { length = fallback[length] }
            if delimiter[index] == delimiter[length] { length += 1 }
            fallback.append(length)
        }
        self.fallback = fallback
    }

    private mutating func step(_ byte: UInt8) {
        while matched > 0, delimiter[matched] != byte { matched = fallback[matched] }
        if delimiter[matched] == byte { matched += 1 }
    }

    /// Searches the next chunk.
    ///
    /// After a match the next call starts a new search.
    mutating func search(_ chunk: UnsafeRawBufferPointer) -> Outcome {
        let held = matched
        var position = 0
        while matched > 0, position < chunk.count {
            unsafe step(chunk[position])
            position += 1
            if matched == delimiter.count { return outcome(held: held, consumed: position, found: true) }
        }
        guard matched == 0, position < chunk.count, let base = chunk.baseAddress else {
            return outcome(held: held, consumed: position, found: false)
        }
        let hit = unsafe firstDelimiter(in: chunk, from: base, position)
        if let hit {
            return outcome(held: held, consumed: hit + delimiter.count, found: true)
        }
        position = max(position, chunk.count - (delimiter.count - 1))
        while position < chunk.count {
            unsafe step(chunk[position])
            position += 1
        }
        return outcome(held: held, consumed: chunk.count, found: false)
    }

    /// The offset in the chunk at which the delimiter begins.
    private func firstDelimiter(
        in chunk: UnsafeRawBufferPointer, from base: UnsafeRawPointer, _ position: Int
    ) -> Int? {
        var position = position
        let last = chunk.count - delimiter.count
        while position <= last {
            guard let hit = unsafe memchr(base + position, Int32(delimiter[0]), last - position + 1) else {
                return nil
            }
            position = unsafe UnsafeRawPointer(hit) - base
            let isDelimiter = unsafe delimiter.withUnsafeBytes { wanted in
                unsafe memcmp(base + position, wanted.baseAddress ?? base, wanted.count) == 0
            }
            if isDelimiter { return position }
            position += 1
        }
        return nil
    }

    private mutating func outcome(held: Int, consumed: Int, found: Bool) -> Outcome {
        let content = held + consumed - (found ? delimiter.count : matched)
        if found { matched = 0 }
        return Outcome(
            released: min(held, content), content: max(0, content - held), consumed: consumed, found: found)
    }
}
