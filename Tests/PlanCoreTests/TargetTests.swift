import PlanCore
import Testing

@Suite("Target")
struct TargetTests {
    static let account = PartialTarget(
        region: try? Region("gz"), appID: try? AppID(1_250_000_000), bucket: try? Bucket("examplebucket"))

    @Test("a target of each API is complete with the fields that API needs")
    func complete() throws {
        #expect(try Self.account.complete()?.api == .json)
        guard case .json(let json) = try #require(try Self.account.complete()) else {
            return #expect(Bool(false), "json is the API of a target that names none")
        }
        #expect(json.endpoint.description == "https://gz.file.myqcloud.com")
        for field in ["region", "appid", "bucket"] {
            var target = Self.account
            switch field {
            case "region": target.region = nil
            case "appid": target.appID = nil
            default: target.bucket = nil
            }
            for api in [ServiceAPI.json, .xml] {
                target.api = api
                #expect(try target.complete() == nil)
                #expect(target.missingFields == [field])
            }
        }
        let store = PartialTarget(api: .s3, bucket: try Bucket("data"))
        guard case .s3(let s3) = try #require(try store.complete()) else {
            return #expect(Bool(false), "s3 needs a bucket alone")
        }
        #expect(s3.region.name == "us-east-1")
        #expect(PartialTarget(api: .s3).missingFields == ["bucket"])
    }

    @Test("hosts and addressing are the service's own where nothing else is said")
    func hosts() throws {
        func xml(_ endpoint: String?, _ addressing: Addressing? = nil) throws -> XMLTarget {
            try XMLTarget(
                region: Region("ap-beijing"), appID: AppID(1_250_000_000), bucket: Bucket("examplebucket"),
                endpoint: endpoint.map { try Endpoint($0) }, addressing: addressing)
        }
        #expect(try xml(nil).endpoint.description == "https://cos.ap-beijing.myqcloud.com")
        #expect(try xml(nil).bucketName == "examplebucket-1250000000")
        #expect(try xml(nil).addressing == .host)
        #expect(try xml("https://cos.ap-beijing.tencentcos.cn").addressing == .host)
        #expect(try xml("http://127.0.0.1:9000").addressing == .path)
        #expect(try xml("https://myqcloud.com.example.com").addressing == .path)
        #expect(try xml("https://evilmyqcloud.com").addressing == .path)
        #expect(try xml("http://127.0.0.1:9000", .host).addressing == .host)
        #expect(throws: TargetFieldError.regionOfJSON(found: "bj", name: "ap-beijing")) {
            try XMLTarget(region: Region("bj"), appID: AppID(1), bucket: Bucket("b"))
        }
        func s3(_ bucket: String, _ endpoint: String?, region: String = "us-east-1") throws -> S3Target {
            try S3Target(
                region: Region(region, for: .s3), bucket: Bucket(bucket, for: .s3),
                endpoint: endpoint.map { try Endpoint($0) })
        }
        #expect(try s3("data", nil).endpoint.description == "https://s3.us-east-1.amazonaws.com")
        #expect(try s3("data", nil).addressing == .host)
        #expect(try s3("my.data", nil).addressing == .path)
        #expect(try s3("my.data", "http://s3.amazonaws.com").addressing == .host)
        #expect(
            try s3("data", nil, region: "cn-north-1").endpoint.description
                == "https://s3.cn-north-1.amazonaws.com.cn")
        #expect(try s3("data", "https://minio.example.com").addressing == .path)
        #expect(try s3("data", "https://minio.example.com", region: "Moon_1").region.name == "Moon_1")
        #expect(
            try s3("data", nil, region: "us-gov-west-1").endpoint.description
                == "https://s3.us-gov-west-1.amazonaws.com")
        for region in ["Moon_1", "auto", "us-east", "us-east-1-", "us--1", "us-1-1", "US-east-1"] {
            #expect(throws: TargetFieldError.endpointNeeded(region: region), "\(region)") {
                try s3("data", nil, region: region)
            }
        }
    }

    @Test(
        "a region of the JSON API has the XML API's name of the same place, and back",
        arguments: [
            ("tj", "ap-beijing-1"), ("bj", "ap-beijing"), ("sh", "ap-shanghai"), ("gz", "ap-guangzhou"),
            ("cd", "ap-chengdu"), ("hk", "ap-hongkong"), ("sgp", "ap-singapore"), ("ca", "na-toronto"),
            ("ger", "eu-frankfurt"),
        ])
    func regionNames(json: String, xml: String) throws {
        var target = Self.account
        target.region = try Region(json)
        let moved = target.replaced(by: PartialTarget(api: .xml))
        #expect(moved.region?.name == xml)
        #expect(moved.appID == target.appID)
        #expect(moved.bucket == target.bucket)
        #expect(moved.replaced(by: PartialTarget(api: .json)) == target)
    }

    @Test("a region without another name is missing in the other API, unless the override has one")
    func unknownRegion() throws {
        var target = Self.account
        target.region = try Region("qz")
        #expect(target.replaced(by: PartialTarget(api: .xml)).missingFields == ["region"])
        let override = PartialTarget(api: .xml, region: try Region("ap-nanjing"))
        #expect(target.replaced(by: override).region?.name == "ap-nanjing")
        #expect(target.replaced(by: PartialTarget()).region?.name == "qz")
    }

    @Test("nothing is taken over to or from S3, nor an endpoint from one API to another")
    func notTakenOver() throws {
        var target = Self.account
        target.endpoint = try Endpoint("https://gz.file.myqcloud.com")
        #expect(target.replaced(by: PartialTarget(api: .xml)).endpoint == nil)
        #expect(target.replaced(by: PartialTarget(api: .s3)) == PartialTarget(api: .s3))
        let store = PartialTarget(
            api: .s3, endpoint: try Endpoint("https://h"), addressing: .path, region: .usualOfS3,
            bucket: try Bucket("data"))
        #expect(store.replaced(by: PartialTarget(api: .json)) == PartialTarget())
        #expect(store.replaced(by: PartialTarget(api: .s3)) == store)
    }

    @Test("fields of another API's form are refused, and those an API has no use for")
    func forms() throws {
        func error(_ change: (inout PartialTarget) throws -> Void) throws -> TargetFieldError? {
            var target = Self.account
            try change(&target)
            do throws(TargetFieldError) {
                _ = try target.complete()
                return nil
            } catch { return error }
        }
        #expect(try error { $0.region = try Region("Moon_1", for: .s3) } == .region(found: "Moon_1", .json))
        #expect(try error { $0.addressing = .path } == .notOf(.json, field: "addressing"))
        #expect(try error { $0.api = .s3 } == .notOf(.s3, field: "appid"))
        #expect(
            try error {
                $0 = PartialTarget(api: .s3, bucket: try Bucket("ab"))
            } == .bucket(found: "ab", .s3))
        #expect(
            "\(TargetFieldError.notOf(.s3, field: "appid"))"
                == "appid means nothing to the API s3; leave it out")
    }

    @Test(
        "an S3 bucket is 3 to 63 of a-z, 0-9, - and ., a letter or digit at both ends",
        arguments: [
            ("abc", true), ("ab", false), (String(repeating: "a", count: 63), true),
            (String(repeating: "a", count: 64), false), ("a.b-c", true), ("-ab", false), ("ab-", false),
            (".ab", false),
            ("ab.", false), ("...", false), ("Abc", false), ("a_c", false), ("a/c", false), ("a c", false),
            ("", false),
        ])
    func s3Bucket(name: String, isLegal: Bool) {
        #expect(((try? Bucket(name, for: .s3)) != nil) == isLegal)
    }

    @Test(
        "an S3 region is letters, digits, - and _, a letter or digit first",
        arguments: [
            ("us-east-1", true), ("US_1", true), ("1", true), ("", false), ("-a", false), ("_a", false),
            ("a.b", false),
            ("a/b", false), ("a@b", false), ("a\n", false), ("\u{e9}", false),
        ])
    func s3Region(name: String, isLegal: Bool) {
        #expect(((try? Region(name, for: .s3)) != nil) == isLegal)
    }
}
