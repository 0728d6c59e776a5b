import PlanCore
import Testing

@Suite("Rules of one API")
struct APIRulesTests {
    static let mebibyte: Int64 = 1 << 20
    static let tebibyte: Int64 = 1 << 40

    /// A file of a single part of any length.
    static func entry(size: Int64, sliceSize: Int64 = mebibyte, key: String = "/a") -> ParsedFile {
        var file = FileRulesTests.entry(lengths: [size], sliceSize: sliceSize)
        file.key = Located(ByteString(key), at: Place(line: 2, column: 8))
        return file
    }

    @Test("a file of 64 GiB is within the JSON API's limit, one byte more is not; the others take it")
    func largestJSONObject() {
        #expect(FileRulesTests.broken(Self.entry(size: 68_719_476_736), .json) == [])
        let over = Self.entry(size: 68_719_476_737)
        #expect(FileRulesTests.broken(over, .json) == [.jsonObjectSize])
        #expect(Rule.jsonObjectSize.severity == .warning)
        #expect(FileRulesTests.broken(over, .xml) == [])
        #expect(FileRulesTests.broken(over, .s3) == [])
    }

    @Test(
        "10,000 parts of whole slices of at most 5 GiB are the most that xml and s3 hold",
        arguments: [
            (524_288, 53_687_091_200_000), (1_048_576, 53_687_091_200_000), (2_097_152, 53_687_091_200_000),
            // 1706 slices of 3 MiB is the largest multiple within 5 GiB.
            (3_145_728, 1_706 * 3_145_728 * 10_000),
        ] as [(Int64, Int64)])
    func largestMultipart(sliceSize: Int64, most: Int64) {
        for api in [ServiceAPI.xml, .s3] {
            #expect(FileRulesTests.broken(Self.entry(size: most, sliceSize: sliceSize), api) == [])
            #expect(
                FileRulesTests.broken(Self.entry(size: most + 1, sliceSize: sliceSize), api) == [
                    .multipartSize
                ])
        }
    }

    @Test(
        "a key's length is counted in bytes without its slash",
        arguments: [(ServiceAPI.xml, 850), (.s3, 1_024)])
    func keyLength(api: ServiceAPI, most: Int) {
        let long = String(repeating: "k", count: most)
        #expect(FileRulesTests.broken(Self.entry(size: 1, key: "/" + long), api) == [])
        #expect(FileRulesTests.broken(Self.entry(size: 1, key: "/" + long + "k"), api) == [.keyLength])
        #expect(
            FileRulesTests.broken(Self.entry(size: 1, key: "/" + long.dropLast() + "\u{e9}"), api) == [
                .keyLength
            ])
        #expect(FileRulesTests.broken(Self.entry(size: 1, key: "/" + long + "k"), .json) == [])
    }

    @Test("eight characters are refused in keys of the JSON API only", arguments: ObjectKey.refusedCharacters)
    func characters(character: Unicode.Scalar) {
        let file = Self.entry(size: 1, key: "/a\(character)b")
        #expect(FileRulesTests.broken(file) == [])
        #expect(FileRulesTests.broken(file, .json) == [.key])
        #expect(FileRulesTests.broken(file, .xml) == [])
        #expect(FileRulesTests.broken(file, .s3) == [])
        #expect(FileRules().check(file).plannedFile(as: .state) != nil)
    }

    @Test("biz_attr is empty, or the API is json", arguments: ServiceAPI.allCases)
    func bizAttr(api: ServiceAPI) {
        var file = Self.entry(size: 1)
        file.bizAttr = Located("", at: Place(line: 7, column: 3))
        #expect(FileRulesTests.broken(file, api) == [])
        file.bizAttr = Located("x", at: Place(line: 7, column: 3))
        #expect(FileRulesTests.broken(file, api) == (api == .json ? [] : [.bizAttrOfAPI]))
    }
}

@Suite("Layout of a multipart upload")
struct MultipartLayoutTests {
    static let mebibyte: Int64 = 1 << 20

    static func layout(_ size: Int64, slice: Int64, reaching: Int64 = 8 << 20, _ api: ServiceAPI = .xml)
        throws -> Layout?
    {
        Layout(
            multipart: size, sliceSize: try SliceSize(bytes: slice), reaching: reaching,
            limits: try #require(api.multipart))
    }

    @Test(
        "a part is the fewest whole slices that reach 8 MiB",
        arguments: [(524_288, 8 << 20), (1_048_576, 8 << 20), (2_097_152, 8 << 20), (3_145_728, 9 << 20)]
            as [(Int64, Int64)])
    func usual(slice: Int64, part: Int64) throws {
        for size in [1, part, part + 1, 10_000 * part] {
            let layout = try #require(try Self.layout(size, slice: slice))
            #expect(layout.pieceSize == part)
            #expect(layout.count == Int((size + part - 1) / part))
        }
    }

    @Test("10,000 parts are never exceeded, around every multiple of them", arguments: SliceSize.legal)
    func counts(slice: Int64) throws {
        let part = try #require(try Self.layout(1, slice: slice)).pieceSize
        for times in [1, 2, 3, 10, 100, 500] as [Int64] {
            let edge = 10_000 * (part + (times - 1) * slice)
            for size in [edge - 1, edge, edge + 1] {
                let layout = try #require(try Self.layout(size, slice: slice))
                #expect(layout.count <= 10_000)
                #expect(layout.pieceSize.isMultiple(of: slice))
                // One slice less would not suffice.
                let less = layout.pieceSize - slice
                #expect(less < 8 << 20 || less * 10_000 < size, "\(size)")
            }
        }
    }

    @Test("another size asked for is rounded up to whole slices, and to the API's least")
    func asked() throws {
        #expect(try Self.layout(1 << 40, slice: 3_145_728, reaching: 1 << 20)?.pieceSize == 35 * 3_145_728)
        #expect(try Self.layout(1 << 30, slice: 3_145_728, reaching: 1 << 20)?.pieceSize == 3_145_728)
        #expect(try Self.layout(1 << 30, slice: 524_288, reaching: 1 << 20)?.pieceSize == 1 << 20)
        #expect(try Self.layout(1 << 30, slice: 524_288, reaching: 1 << 20, .s3)?.pieceSize == 5 << 20)
        #expect(try Self.layout(0, slice: 524_288)?.count == 0)
        #expect(try Self.layout(.max, slice: 524_288) == nil)
    }
}
