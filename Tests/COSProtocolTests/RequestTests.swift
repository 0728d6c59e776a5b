import ServiceCore
import PlanCore
import Testing

@testable import COSProtocol

/// **Source**: the init page's example, whose lines are joined here by CRLF.
let pageBody = """
    --9fd48fba-1ea2-4789-8e6e-64c40c243480
    Content-Disposition: form-data; name="op"
    Content-Length: 17

    upload_slice_init
    --9fd48fba-1ea2-4789-8e6e-64c40c243480
    Content-Disposition: form-data; name="sha"
    Content-Length: 40

    e98c925a97a8ae4ffec264ae674e28b8f975eba3
    --9fd48fba-1ea2-4789-8e6e-64c40c243480
    Content-Disposition: form-data; name="insertOnly"
    Content-Length: 1

    1
    --9fd48fba-1ea2-4789-8e6e-64c40c243480
    Content-Disposition: form-data; name="slice_size"
    Content-Length: 7

    1048576
    --9fd48fba-1ea2-4789-8e6e-64c40c243480
    Content-Disposition: form-data; name="filesize"
    Content-Length: 5

    26585
    --9fd48fba-1ea2-4789-8e6e-64c40c243480
    Content-Disposition: form-data; name="uploadparts"
    Content-Length: 83

    [{"offset":0,"datalen":26585,"datasha":"e98c925a97a8ae4ffec264ae674e28b8f975eba3"}]
    --9fd48fba-1ea2-4789-8e6e-64c40c243480--

    """.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")

@Suite("Requests")
struct RequestTests {
    static func pagePlan(bizAttr: ByteString = "") throws -> PlannedFile {
        let sha = try #require(Digest(hex: "e98c925a97a8ae4ffec264ae674e28b8f975eba3"))
        return PlannedFile(
            path: try LocalPath("uploader1500000000"), key: try ObjectKey("/uploader1500000000"), sha: sha,
            sliceSize: .standard, bizAttr: bizAttr, datashaKind: .state,
            partLayout: Layout(fileSize: 26_585, pieceSize: 1_048_576),
            parts: [Part(range: ByteRange(offset: 0, length: 26_585), datasha: sha, sha1: sha)])
    }

    let boundary = Boundary("9fd48fba-1ea2-4789-8e6e-64c40c243480")

    @Test("init for the page's file of 26,585 bytes is the page's example, byte for byte")
    func page() throws {
        let boundary = try #require(boundary)
        let form = MultipartForm(InitOperation(try Self.pagePlan()).fields, boundary: boundary)
        #expect(String(decoding: form.encoded, as: UTF8.self) == pageBody)
        #expect(form.length == 866)
        #expect(form.contentType == "multipart/form-data; boundary=9fd48fba-1ea2-4789-8e6e-64c40c243480")
        let target = try JSONTarget(
            region: Region("gz"), appID: AppID(124_566_667), bucket: Bucket("xy2"))
        let head = RequestHead(target: target, key: try ObjectKey("/uploader1500000000"), form: form)
        #expect(head.method == "POST")
        #expect(head.path == "/files/v2/124566667/xy2/uploader1500000000")
        #expect(head.query == nil)
        #expect(target.endpoint.description == "https://gz.file.myqcloud.com")
    }

    @Test("biz_attr is one more field, last, where there is one")
    func bizAttr() throws {
        let fields = InitOperation(try Self.pagePlan(bizAttr: "a=1\r\n上")).fields
        #expect(fields.map(\.name).last == "biz_attr")
        #expect(fields.last?.value == Array("a=1\r\n上".utf8))
        #expect(fields.count == 7)
    }

    @Test("data, list, finish, upload and stat carry the documented fields")
    func operations() throws {
        let plan = try Self.pagePlan()
        func names(_ action: UploadStep.Action) -> [String]? {
            UploadStep(action).fields(for: plan)?.map {
                "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))"
            }
        }
        let sha = "sha=e98c925a97a8ae4ffec264ae674e28b8f975eba3"
        let range = ByteRange(offset: 1_048_576, length: 7)
        #expect(
            names(.data(session: "S", range: range)) == [
                "op=upload_slice_data", "session=S", "offset=1048576", sha,
            ])
        #expect(names(.list) == ["op=upload_slice_list"])
        #expect(
            names(.finish(session: "S")) == ["op=upload_slice_finish", "session=S", "filesize=26585", sha])
        #expect(names(.simpleUpload(length: 0)) == ["op=upload", sha, "insertOnly=1"])
        #expect(names(.stat) == nil)
        #expect(StatOperation().query == "op=stat")
    }

    @Test("a form around content the caller holds is the form with the content as its last field")
    func content() throws {
        let boundary = try #require(boundary)
        let content = Array("0123456789".utf8)
        let fields = [FormField("op", "upload_slice_data"), FormField("offset", 0)]
        let whole = MultipartForm(
            fields + [FormField(WireName.fileContent, bytes: content)], boundary: boundary)
        let form = MultipartForm(fields, boundary: boundary)
        let body = form.opening(lastField: WireName.fileContent, length: 10) + content + form.closing
        #expect(body == whole.encoded)
        #expect(body.count == whole.length)
    }

    @Test("a random boundary has the page's shape and never repeats")
    func boundaries() {
        let made = (0..<100).map { _ in Boundary.random().text }
        #expect(Set(made).count == 100)
        for text in made {
            #expect(text.split(separator: "-").map(\.utf8.count) == [8, 4, 4, 4, 12])
        }
        #expect(Boundary("") == nil)
        #expect(Boundary("a\r\nb") == nil)
        #expect(Boundary(String(repeating: "a", count: 70)) != nil)
        #expect(Boundary(String(repeating: "a", count: 71)) == nil)
    }

    @Test("a path is percent-encoded as UTF-8 with upper-case hex, unreserved characters and / kept")
    func paths() throws {
        let key = try ObjectKey("/dir/上传 a+b~(1).bin")
        #expect(PathEncoding.encoded(key) == "/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin")
        #expect(PathEncoding.encoded(Array("AZaz09-_.~/%&=#".utf8)) == "AZaz09-_.~/%25%26%3D%23")
        #expect(PathEncoding.decoded("%E4%B8%8a/%2520") == Array("上/%20".utf8))
        #expect(PathEncoding.decoded("%") == nil)
        #expect(PathEncoding.decoded("%4") == nil)
        #expect(PathEncoding.decoded("%4g") == nil)
        let all = Array(UInt8.min...UInt8.max)
        #expect(PathEncoding.decoded(PathEncoding.encoded(all)) == all)
    }
}
