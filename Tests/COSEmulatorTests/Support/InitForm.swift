/// The form of an init, with changes for a test.
enum InitForm {
    static let unchanged: [(String, String)] = [
        ("op", "upload_slice_init"), ("sha", "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0"),
        ("slice_size", "1048576"), ("filesize", "2621440"), ("uploadparts", EmulatorUploadTests.vector1M),
    ]

    /// The init of the pattern file with some fields changed, or removed if the value is nil.
    static func fields(_ changes: [String: String?]) -> [(String, String)] {
        unchanged.compactMap { name, value in
            guard let change = changes[name] else { return (name, value) }
            return change.map { (name, $0) }
        }
            + changes.compactMap { name, value in
                unchanged.contains { $0.0 == name } ? nil : value.map { (name, $0) }
            }
    }
}
