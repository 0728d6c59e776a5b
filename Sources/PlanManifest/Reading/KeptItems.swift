/// What was read of a manifest, as long as it is not too much.
///
/// Reading 2,048 parts takes as long as checking the bytes of 50: what is wanted again is better kept.
struct KeptItems {
    /// Enough for one file of 64 GiB, or some 13,000 small ones; about 10 MB. **Unit**: parts; a file counts as four
    /// more.
    static let usualRoom = 65_540

    /// All of it; nil once it was too much.
    private(set) var items: [ManifestItem]? = []
    private var room: Int

    init(room: Int) {
        self.room = room
    }

    mutating func add(_ item: ManifestItem) {
        guard items != nil else { return }
        if case .file(let file) = item { room -= 4 + (file.parts?.value.count ?? 0) }
        if room < 0 { items = nil } else { items?.append(item) }
    }
}
