import Glibc

/// Finds a delimiter in a stream of chunks, wherever the chunks are cut.
///
/// Knuth, Morris and Pratt across the cuts, `memchr` within a chunk. Bytes that may begin a delimiter are not
/// kept: they are the delimiter's own first `matched` bytes.
struct DelimiterSearch {
    /// What is looked for.
    let delimiter: [UInt8]
    /// For each number of matched bytes, how many still match after the next byte did not.
    private let fallback: [Int]
    /// How many of the delimiter's bytes the stream ends in.
    private(set) var matched: Int

    /// What one chunk brought.
    struct Outcome {
        /// So many of the delimiter's first bytes, from earlier chunks, were content after all.
        var released: Int
        /// So many of this chunk's first bytes are content, after the released ones.
        var content: Int
        /// So many bytes of this chunk are done with; less than all only if the delimiter was found.
        var consumed: Int
        /// Whether the delimiter ended here.
        var found: Bool
    }

    /// - Parameter matched: how many bytes of the delimiter count as read already.
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

    /// Looks through the next chunk; after a find the search begins anew with the next call.
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

    /// Where the whole delimiter begins in the chunk.
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
