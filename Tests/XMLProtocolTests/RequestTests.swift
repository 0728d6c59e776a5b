import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

@Suite("Requests of the XML API and S3")
struct XMLRequestTests {
    func key() throws -> ObjectKey { try ObjectKey("/dir/上传 a+b~(1).bin") }
    static let encoded = "/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin"

    /// `PUT /path?query name=value …`.
    func line(_ request: XMLRequest) -> String {
        "\(request.method) \(request.path)" + (request.queryText.map { "?\($0)" } ?? "")
    }

    func headers(_ request: XMLRequest) -> [String] { request.headers.map { "\($0.name): \($0.value)" } }

    @Test("COS: line and headers of every operation are the vendor's")
    func cos() throws {
        let (address, key, path) = (try cosAddress(), try key(), Self.encoded)
        let forbid = "x-cos-forbid-overwrite: true"
        let put = XMLRequest.put(address, key: key, insertOnly: .refuse)
        #expect(line(put) == "PUT \(path)")
        #expect(headers(put) == ["content-type: application/octet-stream", forbid])
        #expect(headers(.put(address, key: key, insertOnly: .overwrite)).count == 1)
        let begin = XMLRequest.begin(address, key: key, insertOnly: .refuse)
        #expect(line(begin) == "POST \(path)?uploads")
        #expect(headers(begin) == ["content-type: application/octet-stream", forbid])
        #expect(
            line(.part(address, key: key, uploadID: "u", number: 10_000))
                == "PUT \(path)?partNumber=10000&uploadId=u")
        #expect(
            line(.listParts(address, key: key, uploadID: "u", marker: "7"))
                == "GET \(path)?max-parts=1000&uploadId=u&part-number-marker=7")
        #expect(
            line(.listUploads(address, key: key, marker: .init(key: "k/", uploadID: "u")))
                == "GET /?uploads&encoding-type=url&max-uploads=1000"
                + "&prefix=dir%2F%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin&key-marker=k%2F&upload-id-marker=u")
        #expect(line(.head(address, key: key)) == "HEAD \(path)")
        #expect(line(.versioning(address)) == "GET /?versioning")
        let finish = XMLRequest.finish(
            address, key: key, uploadID: "u",
            parts: [
                CompletedPart(number: 1, etag: "\"a\"", checksum: "5"),
                CompletedPart(number: 2, etag: "\"b\""),
            ],
            insertOnly: .refuse)
        #expect(line(finish) == "POST \(path)?uploadId=u")
        #expect(headers(finish) == ["content-type: application/xml", forbid])
        #expect(
            String(decoding: finish.document ?? [], as: UTF8.self)
                == #"<?xml version="1.0" encoding="UTF-8"?><CompleteMultipartUpload>"#
                + "<Part><PartNumber>1</PartNumber><ETag>&quot;a&quot;</ETag></Part>"
                + "<Part><PartNumber>2</PartNumber><ETag>&quot;b&quot;</ETag></Part></CompleteMultipartUpload>"
        )
    }

    @Test(
        "S3: the checksum is announced at begin, named in finish and asked for at head; If-None-Match guards put and finish"
    )
    func s3() throws {
        let (address, key) = (try s3Address(), try key())
        let path = "/bucket" + Self.encoded
        let begin = XMLRequest.begin(address, key: key, insertOnly: .refuse)
        #expect(line(begin) == "POST \(path)?uploads")
        #expect(
            headers(begin) == [
                "content-type: application/octet-stream", "x-amz-checksum-algorithm: CRC64NVME",
                "x-amz-checksum-type: FULL_OBJECT",
            ])
        #expect(headers(.put(address, key: key, insertOnly: .refuse)).last == "if-none-match: *")
        #expect(headers(.head(address, key: key)) == ["x-amz-checksum-mode: ENABLED"])
        #expect(line(.listUploads(address, key: key, marker: nil)).hasPrefix("GET /bucket?uploads&"))
        let finish = XMLRequest.finish(
            address, key: key, uploadID: "u",
            parts: [CompletedPart(number: 1, etag: "e", checksum: "rosUhgp5mIg=")],
            insertOnly: .refuse)
        #expect(headers(finish) == ["content-type: application/xml", "if-none-match: *"])
        #expect(
            String(decoding: finish.document ?? [], as: UTF8.self).contains(
                "<ETag>e</ETag><ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME></Part>"))
        let md5 = XMLRequest.begin(try s3Address(.md5), key: key, insertOnly: .overwrite)
        #expect(headers(md5) == ["content-type: application/octet-stream"])
        #expect(XMLRequest.put(try s3Address(.md5), key: key, insertOnly: .overwrite).digests == [.md5])
        #expect(XMLRequest.put(try s3Address(.sha1), key: key, insertOnly: .overwrite).digests == [.sha1])
    }

    @Test(
        "a bucket stands in the host or in the path; the port stands in Host where it is not the scheme's own"
    )
    func hosts() throws {
        let host = try cosAddress()
        #expect(host.host == "examplebucket-1250000000.cos.ap-beijing.myqcloud.com")
        #expect("\(host.endpoint)" == "https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com")
        let path = try cosAddress(endpoint: "http://127.0.0.1:8080", addressing: .path)
        #expect(path.host == "127.0.0.1:8080")
        #expect(path.path(of: try key()) == "/examplebucket-1250000000" + Self.encoded)
        #expect(path.bucketPath == "/examplebucket-1250000000")
        let local = try cosAddress(endpoint: "http://localhost:8080", addressing: .host)
        #expect(local.host == "examplebucket-1250000000.localhost:8080")
        #expect(local.path(of: try key()) == Self.encoded && local.bucketPath == "/")
        #expect(throws: EndpointError.self) { try cosAddress(endpoint: "http://[::1]:80", addressing: .host) }
    }
}

@Suite("How slices become parts")
struct PartSizingTests {
    static let mebibyte: Int64 = 1 << 20

    @Test("a part is the fewest whole slices that reach 8 MiB")
    func usual() throws {
        for (slice, expected) in [(524_288, 8), (1_048_576, 8), (2_097_152, 8), (3_145_728, 9)]
            as [(Int64, Int64)]
        {
            let sizing = try PartSizing(try plan(size: 300 * Self.mebibyte, slice: slice), dialect: .cos)
            #expect(sizing.layout.pieceSize == expected * Self.mebibyte && !sizing.isPut)
        }
    }

    @Test("a file of at most one part and 64 MiB is put; the edges are the part and 64 MiB")
    func puts() throws {
        for (size, isPut) in [
            (0, true), (1, true), (8 * Self.mebibyte - 1, true), (8 * Self.mebibyte, true),
            (8 * Self.mebibyte + 1, false),
        ] {
            #expect(try PartSizing(try plan(size: size), dialect: .cos).isPut == isPut)
        }
        for (size, isPut) in [(64 * Self.mebibyte, true), (64 * Self.mebibyte + 1, false)] {
            let sizing = try PartSizing(try plan(size: size), partSize: 512 * Self.mebibyte, dialect: .cos)
            #expect(sizing.isPut == isPut && sizing.layout.count == 1)
        }
    }

    @Test("10,000 parts are never exceeded: around n times 10,000 times 8 MiB, for every slice size")
    func counts() throws {
        for n in [1, 2, 3, 8, 64, 640] as [Int64] {
            for delta in [-1, 0, 1] as [Int64] {
                for slice in [524_288, 1_048_576, 2_097_152, 3_145_728] as [Int64] {
                    let size = n * 10_000 * 8 * Self.mebibyte + delta
                    // The plan's own parts are irrelevant here and would be many.
                    let layout = Layout(fileSize: size, pieceSize: size)
                    let one = PlannedFile(
                        path: try LocalPath("a"), key: try ObjectKey("/a"), sha: Digest.ofNoBytes,
                        sliceSize: try SliceSize(bytes: slice), datashaKind: .part, partLayout: layout,
                        parts: [Part(range: layout.range(of: 0), datasha: Digest.ofNoBytes, sha1: nil)])
                    let sizing: PartSizing
                    do throws(XMLPlanProblem) {
                        sizing = try PartSizing(one, dialect: .cos)
                    } catch {
                        #expect(size > 10_000 * 5 * 1024 * Self.mebibyte - 10_000 * slice, "\(error)")
                        continue
                    }
                    #expect(sizing.layout.count <= 10_000)
                    #expect(sizing.layout.pieceSize % slice == 0)
                    let fewer = sizing.layout.pieceSize - slice
                    #expect(
                        fewer < 8 * Self.mebibyte || Layout(fileSize: size, pieceSize: fewer).count > 10_000)
                }
            }
        }
    }

    @Test(
        "the user's part size is rounded up to whole slices and to the store's shortest part; its range is 1 to 512 MiB"
    )
    func choices() throws {
        let plan = try plan(size: 100 * Self.mebibyte, slice: 3_145_728)
        #expect(
            try PartSizing(plan, partSize: Self.mebibyte, dialect: .cos).layout.pieceSize == 3 * Self.mebibyte
        )
        #expect(
            try PartSizing(plan, partSize: Self.mebibyte, dialect: .s3(.md5)).layout.pieceSize == 6
                * Self.mebibyte)
        #expect(
            try PartSizing(plan, partSize: 10 * Self.mebibyte, dialect: .cos).layout.pieceSize == 12
                * Self.mebibyte)
        for size in [Self.mebibyte - 1, 512 * Self.mebibyte + 1, 0, -1] {
            #expect(throws: XMLPlanProblem.partSize(found: size)) {
                try PartSizing(plan, partSize: size, dialect: .cos)
            }
        }
    }

    @Test("an unfinished upload keeps its part size where that is whole slices and every part fits")
    func adoption() throws {
        let plan = try plan(size: 20 * Self.mebibyte + 5, slice: 1_048_576)
        let sizing = try PartSizing(plan, dialect: .cos)
        func adopted(_ parts: [(Int, Int64)], _ dialect: Dialect = .cos) -> Int64? {
            sizing.adopted(
                parts.map { ListedPart(number: $0.0, size: $0.1, etag: "e", crc64nvme: nil, sha1: nil) },
                plan,
                dialect)
        }
        #expect(adopted([]) == 8 * Self.mebibyte)
        #expect(adopted([(1, 5 * Self.mebibyte), (3, 5 * Self.mebibyte)]) == 5 * Self.mebibyte)
        #expect(adopted([(1, 5 * Self.mebibyte), (5, 5)]) == 5 * Self.mebibyte)
        #expect(adopted([(3, 4 * Self.mebibyte + 5)]) == 8 * Self.mebibyte)
        #expect(adopted([(1, 5 * Self.mebibyte), (2, 4 * Self.mebibyte)]) == nil)
        #expect(adopted([(1, 5 * Self.mebibyte + 1)]) == nil)
        #expect(adopted([(6, 5 * Self.mebibyte)]) == nil)
        #expect(adopted([(1, 0)]) == nil)
        #expect(adopted([(1, 2 * Self.mebibyte)]) == 2 * Self.mebibyte)
        #expect(adopted([(1, 2 * Self.mebibyte)], .s3(.md5)) == nil)
    }
}
