import Foundation
import Testing

/// `verify --remote --api s3`, and where its credentials come from, against a store in Python.
@Suite("cosplan verify --remote, S3 and its credentials")
struct VerifyRemoteS3Tests {
    static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
    /// The CRC-64/NVME of `123456789`, by its specification.
    static let nvme = "rosUhgp5mIg="

    /// A store that ends with the object, and a folder with a plan `m.yaml` of the file `a`, `123456789`.
    final class Store: @unchecked Sendable {
        // Safety: everything is set in the initializer; Process is only asked to end.
        private let process = Process()
        let folder: TemporaryFolder
        let url: String

        init() async throws {
            folder = try TemporaryFolder()
            try folder.write("123456789", to: "a")
            try folder.write("", to: "buckets/.keep")
            _ = try await CosplanProcess.run(
                ["hash", "a", "-o", "m.yaml", "--checksum", "crc64nvme", "--api", "s3", "--bucket", "xy2"],
                in: folder.url)
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments = [
                URL(filePath: #filePath).deletingLastPathComponent().appending(path: "object_store.py").path,
                folder.url.appending(path: "buckets").path,
            ]
            process.environment = CosplanProcess.cleanEnvironment
            url = "http://127.0.0.1:" + (try process.startAndReadLine())
        }

        deinit {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// Says what is in the bucket, and who may ask.
        func hold(_ object: String, id: String? = nil, token: String? = nil) throws {
            let fields =
                [#""objects": {"/a": \#(object)}"#]
                + [id.map { #""id": "\#($0)""# }, token.map { #""token": "\#($0)""# }]
                .compactMap(\.self)
            try folder.write("{\(fields.joined(separator: ", "))}", to: "buckets/xy2.json")
        }

        func verify(_ environment: [String: String], _ arguments: [String] = []) async throws -> Finished {
            try await CosplanProcess.run(
                ["verify", "--remote", "-q", "m.yaml", "--endpoint", url, "--retries", "0"] + arguments,
                in: folder.url,
                environment: environment)
        }
    }

    static func object(size: Int = 9, _ headers: [String: String] = ["x-amz-checksum-crc64nvme": nvme])
        -> String
    {
        let fields = headers.map { #""\#($0.key)": "\#($0.value)""# }.joined(separator: ", ")
        return #"{"size": \#(size), "headers": {\#(fields)}}"#
    }

    private static let own = ["COSPLAN_SECRET_ID": "OWNID", "COSPLAN_SECRET_KEY": "ownkey"]
    private static let aws = ["AWS_ACCESS_KEY_ID": "AWSID", "AWS_SECRET_ACCESS_KEY": "awskey"]

    @Test(
        "an S3 store: same, changed at equal size, other size, missing, without a digest, no bucket",
        .enabled(if: hasPython, "needs python3"))
    func findings() async throws {
        let store = try await Store()
        let rows: [(object: String, status: Int32, line: String)] = [
            (Self.object(), 0, "same  /a  9 B  by crc64nvme"),
            (
                Self.object(["x-amz-checksum-crc64nvme": "AAAAAAAAAAA="]), 1,
                "differs  /a  crc64nvme: planned \(Self.nvme), found AAAAAAAAAAA="
            ),
            (Self.object(size: 10), 1, "differs  /a  size: planned 9, found 10"),
            (
                Self.object(["ETag": #"\"25f9e794323b453885f5181f1b624d0b-1\""#]), 1,
                "cannot tell  /a  the store answers nothing but md5 of parts, which depends on the parts it was sent "
                    + "in; the receipt of its push may have it; else download it and check it with cosplan verify "
                    + "--bytes"
            ),
            (
                Self.object([:]), 1,
                "cannot tell  /a  the store answers no digest of it; download it and check it with cosplan verify "
                    + "--bytes"
            ),
        ]
        for row in rows {
            try store.hold(row.object)
            let verified = try await store.verify(Self.own)
            #expect(verified.status == row.status, "\(verified.errors)")
            #expect(verified.outputLines.first == row.line, "\(verified.output)")
        }
        try store.folder.write(#"{"objects": {}}"#, to: "buckets/xy2.json")
        let missing = try await store.verify(Self.own)
        #expect(missing.status == 1 && missing.outputLines.first == "missing  /a", "\(missing.output)")
        try FileManager.default.removeItem(at: store.folder.url.appending(path: "buckets/xy2.json"))
        let bucket = try await store.verify(Self.own)
        #expect(bucket.status == 69 && bucket.errors.contains("NoSuchBucket"), "\(bucket.errors)")
        // An ETag that is an MD5 tells with --bytes.
        try store.hold(Self.object(["ETag": #"\"25f9e794323b453885f5181f1b624d0b\""#]))
        let etag = try await store.verify(Self.own, ["--bytes"])
        #expect(etag.status == 0 && etag.outputLines.first == "same  /a  9 B  by md5", "\(etag.output)")
    }

    @Test(
        "credentials for s3: COSPLAN_*, AWS_*, AWS's file with its profile, the profile of cosplan; one source for all",
        .enabled(if: hasPython, "needs python3"))
    func sources() async throws {
        let store = try await Store()
        let home = ["HOME": store.folder.url.path]
        func expect(_ id: String, token: String? = nil, _ environment: [String: String]) async throws {
            try store.hold(Self.object(), id: id, token: token)
            let verified = try await store.verify(environment)
            #expect(verified.status == 0, "\(id): \(verified.errors)")
        }
        let profile = try store.folder.write(
            "secret_id: PROFILEID\nsecret_key: k\n", to: ".config/cosplan/credentials.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: profile.path)
        try await expect("PROFILEID", home)
        // Its mode is the user's business, as with aws-cli; it may be a link.
        try store.folder.write(
            """
            # comment\r
            [other]
            nonsense
            [default]\r
            AWS_Access_Key_ID = FILEID\r
            aws_secret_access_key: file/key+=
            s3 =
                addressing_style = path
            ; aws_session_token = no
            [ work ]
            aws_access_key_id=WORKID
            aws_secret_access_key=k
            aws_session_token=WORKTOKEN==
            """, to: ".aws/real")
        try FileManager.default.createSymbolicLink(
            atPath: store.folder.url.appending(path: ".aws/credentials").path, withDestinationPath: "real")
        try await expect("FILEID", home)
        try await expect("WORKID", token: "WORKTOKEN==", home.merging(["AWS_PROFILE": "work"]) { $1 })
        try store.folder.write(
            "[default]\naws_access_key_id=ELSEWHERE\naws_secret_access_key=k", to: "elsewhere")
        try await expect(
            "ELSEWHERE", ["AWS_SHARED_CREDENTIALS_FILE": store.folder.url.appending(path: "elsewhere").path])
        try await expect("ELSEWHERE", home.merging(["AWS_SHARED_CREDENTIALS_FILE": "~/elsewhere"]) { $1 })
        try await expect("AWSID", home.merging(Self.aws) { $1 })
        try await expect(
            "AWSID", token: "T1", home.merging(Self.aws) { $1 }.merging(["AWS_SESSION_TOKEN": "T1"]) { $1 })
        try await expect("OWNID", home.merging(Self.aws) { $1 }.merging(Self.own) { $1 })
        // The token of another source goes with no pair.
        try store.hold(Self.object(), id: "OWNID", token: "T1")
        let mixed = try await store.verify(Self.own.merging(["AWS_SESSION_TOKEN": "T1"]) { $1 })
        #expect(mixed.status == 69, "\(mixed.errors)")
    }

    @Test(
        "TENCENTCLOUD_* never go to S3; a profile that is named must be there and whole; nothing of a file is shown",
        .enabled(if: hasPython, "needs python3"),
        arguments: [
            (
                ["TENCENTCLOUD_SECRET_ID": "x", "TENCENTCLOUD_SECRET_KEY": "x"], nil, 77,
                "credentials: none found"
            ),
            (["AWS_ACCESS_KEY_ID": "x"], nil, 77, "AWS_SECRET_ACCESS_KEY: it is not set"),
            (["AWS_PROFILE": "p"], nil, 77, "no such file, and AWS_PROFILE names the profile 'p'"),
            (["AWS_PROFILE": "p"], "[q]\n", 77, "profile 'p': it is not there; check AWS_PROFILE"),
            (["AWS_PROFILE": "p"], "[p]\nrole_arn = hidden\n", 77, "it has no aws_access_key_id"),
            ([:], "[default]\naws_access_key_id = hidden\n", 77, "aws_secret_access_key is missing"),
            ([:], "[default]\naws_secret_access_key = hidden\n", 77, "aws_access_key_id is missing"),
            ([:], "[default]\nhidden\n", 78, "line 2 is not 'name = value'"),
            (
                [:], "[default]\naws_access_key_id=a\naws_access_key_id=hidden\n", 78,
                "line 3 has a name that stands there twice"
            ),
            (
                [:], "[default]\naws_access_key_id=a\naws_secret_access_key=hid den\n", 77,
                "it has a character no secret key has"
            ),
            ([:], "[default]\n", 77, "credentials: none found"),
        ] as [([String: String], String?, Int32, String)])
    func refusals(environment: [String: String], file: String?, status: Int32, words: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        _ = try await CosplanProcess.run(
            ["hash", "a", "-o", "m.yaml", "--api", "s3", "--bucket", "xy2"], in: folder.url)
        if let file { try folder.write(file, to: ".aws/credentials") }
        let refused = try await CosplanProcess.run(
            ["verify", "--remote", "m.yaml", "--endpoint", "http://127.0.0.1:1"], in: folder.url,
            environment: environment.merging(["HOME": folder.url.path]) { $1 })
        #expect(refused.status == status, "\(refused.errors)")
        #expect(refused.errors.contains(words), "\(refused.errors)")
        #expect(!refused.errors.contains("hid"), "\(refused.errors)")
    }

    @Test(
        "a token that has expired is read again, once, from where it came",
        .enabled(if: hasPython, "needs python3"))
    func expiredToken() async throws {
        let store = try await Store()
        func profile(_ token: String) -> String {
            #"[default]\naws_access_key_id=I\naws_secret_access_key=k\naws_session_token=\#(token)\n"#
        }
        let path = store.folder.url.appending(path: "credentials").path
        try store.folder.write(profile("OLD").replacing(#"\n"#, with: "\n"), to: "credentials")
        try store.folder.write(
            #"{"objects": {"/a": \#(Self.object())}, "token": "NEW", "renew": ["\#(path)", "\#(profile("NEW"))"]}"#,
            to: "buckets/xy2.json")
        let verified = try await store.verify(["AWS_SHARED_CREDENTIALS_FILE": path])
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(verified.outputLines.first == "same  /a  9 B  by crc64nvme", "\(verified.output)")
    }
}
