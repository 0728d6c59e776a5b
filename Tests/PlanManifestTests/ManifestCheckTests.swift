import PlanCore
import PlanManifest
import Testing

@Suite("Manifest check")
struct ManifestCheckTests {
    @Test("a legal manifest has no problems and gives its files")
    func legal() throws {
        let manifest = try CheckedManifest(text: sample)
        #expect(manifest.fileCount == 1)
        #expect(manifest.totalBytes == 2_621_440)
        #expect(manifest.documents.count == 1)
        #expect(manifest.documents.first?.datashaKind == .state)
        #expect(manifest.documents.first?.target.bucket?.name == "iainyu")
        var files: [PlannedFile] = []
        try manifest.forEachFile { files.append($0.file) }
        let file = try #require(files.first)
        #expect(files.count == 1)
        #expect(file.parts.map(\.range.offset) == [0, 1_048_576, 2_097_152])
        #expect(file.parts.map(\.range.length) == [1_048_576, 1_048_576, 524_288])
        #expect(file.parts.first?.datasha.hex == "ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd")
        #expect(file.sha.hex == "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0")
        #expect(file.insertOnly == .refuse)
    }

    @Test("a problem is told like a compiler's")
    func rendering() throws {
        let text = sample.replacing("slice_size: 1048576", with: "slice_size: 1000000")
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource(text), name: "m.yaml", keys: &keys)
        #expect(
            check.problems.filter { $0.severity == .error }.map { $0.rendered(in: "m.yaml") } == [
                "m.yaml:11:15: error R05: slice_size 1000000 is not one of 524288, 1048576, 2097152, 3145728"
            ])
    }
}

/// The pattern file of 2,621,440 bytes, byte i = (31·i + 7) & 0xff; digests from the vendor's SDKs.
let sample = """
    ---
    # cosplan manifest. Check it: cosplan verify FILE   Upload it: cosplan push FILE
    cosplan: 1
    datasha: state
    target: {region: gz, appid: 1251668577, bucket: iainyu}
    files:
    - path: 'images/disk.img'
      key: '/images/disk.img'
      filesize: 2621440
      sha: '7f24f7278b3693cf9fe1fd4eb48eb51532e587d0'
      slice_size: 1048576
      insertOnly: 1
      biz_attr: ''
      uploadparts:
      - {offset: 0, datalen: 1048576, datasha: 'ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd'}
      - {offset: 1048576, datalen: 1048576, datasha: '2ccc5923b75f46ebd8ccb78e8c413c18025178b9'}
      - {offset: 2097152, datalen: 524288, datasha: '7f24f7278b3693cf9fe1fd4eb48eb51532e587d0'}

    """
